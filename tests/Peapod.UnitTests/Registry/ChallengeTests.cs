using Peapod.Registry.Authentication;

namespace Peapod.UnitTests.Registry;

public sealed class ChallengeTests
{
    [Theory]
    [InlineData("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:library/nginx:pull\"", "Bearer realm=https://auth.docker.io/token service=registry.docker.io scope=repository:library/nginx:pull")]
    [InlineData("Basic realm=\"a, b=\\\"c\\\"\"", "Basic realm=a, b=\"c\"")]
    [InlineData("basic", "basic")]
    [InlineData("Negotiate, Basic realm=x, Bearer REALM = \"y\" , service=z", "Negotiate|Basic realm=x|Bearer realm=y service=z")]
    [InlineData("Negotiate YWJj==, Bearer realm=\"y\"", "Negotiate ywjj==|Bearer realm=y")]
    [InlineData("Bearer realm=\"unended", "Bearer realm=unended")]
    [InlineData("", "")]
    [InlineData(",,= \"\"", "")]
    [InlineData("Bearer realm=\"one\", realm=\"two\"", "Bearer realm=one")]
    public void A_header_is_taken_apart(string header, string expected) =>
        Assert.Equal(expected, string.Join('|', Challenge.Parse(header).Select(one => string.Join(' ', [one.Scheme, .. one.Parameters.Select(pair => $"{pair.Key}={pair.Value}")]))));
}
