using Peapod.Pod;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Probes;

namespace Peapod.UnitTests.Pod;

/// <summary>Whatever a manifest gives as an HTTP probe's path, host and headers, one request is sent, or the probe fails and says why.</summary>
public sealed class HttpRequestTests
{
    [Theory]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("healthz", "/healthz")]
    [InlineData("/a/b?c=d&e=f", "/a/b?c=d&e=f")]
    [InlineData("/a b", "/a%20b")]
    [InlineData("/a?b c", "/a?b%20c")]
    [InlineData("/a%20b", "/a%20b")]
    [InlineData("/a#b", "/a")]
    [InlineData("/é", "/%C3%A9")]
    [InlineData("/100%", "/100%25")]
    [InlineData("/100%?x", "/100%25%3Fx")]
    [InlineData("/\r\nX: y?z", "/%0D%0AX:%20y%3Fz")]
    [InlineData("/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D")]
    public void A_path_is_one_word_of_the_request(string? path, string target) => Assert.Equal(target, HttpRequest.PathOf(path));

    [Theory]
    [InlineData("a b", "v", "invalid character in host name")]
    [InlineData("a\r\nX: y", "v", "invalid character in host name")]
    [InlineData("a", "v\r\nX: y", "net/http: invalid header field value for \"H\"")]
    [InlineData("a", "v\0", "net/http: invalid header field value for \"H\"")]
    public void What_would_break_the_request_up_is_told(string host, string value, string why)
    {
        var action = new HttpGetAction { Host = host, Port = new PortReference(80, null), HttpHeaders = [new HttpHeader { Name = "H", Value = value }] };

        Assert.Equal(why, Assert.Throws<PodException>(() => HttpRequest.Check(action)).Message);
    }

    [Fact]
    public void Other_hosts_and_headers_pass() => HttpRequest.Check(new HttpGetAction { Host = "a.b", Port = new PortReference(80, null), HttpHeaders = [new HttpHeader { Name = "H", Value = "a\tb é" }] });
}
