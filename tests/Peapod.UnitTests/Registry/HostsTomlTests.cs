using Peapod.Image;
using Peapod.Registry;
using Peapod.Registry.Configuration;

namespace Peapod.UnitTests.Registry;

public sealed class HostsTomlTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-hosts-").FullName;
    private readonly List<string> warnings = [];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Hosts_come_in_their_order_and_the_server_last()
    {
        Write("docker.io", """
            server = "https://registry-1.docker.io"
            [host."https://mirror.local:5000"]
              capabilities = ["pull"]
              ca = "ca.pem"
              client = [["a.pem", "a.key"], "b.pem"]
              [host."https://mirror.local:5000".header]
                x-team = ["one", "two"]
            [host."http://127.0.0.1:5000/mirror"]
              override_path = true
              skip_verify = true
            [host."https://three.local/v2/hub"]
              override_path = true
            """);

        var endpoints = Of("nginx");

        Assert.Equal(
            [("https://mirror.local:5000/", "/v2", false), ("http://127.0.0.1:5000/", "/mirror", true), ("https://three.local/", "/v2/hub", true), ("https://registry-1.docker.io/", "/v2", true)],
            endpoints.Select(endpoint => (endpoint.Address.ToString(), endpoint.ApiPath, endpoint.CanResolve)));
        Assert.Equal([true, true, true, false], endpoints.Select(endpoint => endpoint.IsMirror));
        Assert.Equal([false, true, false, false], endpoints.Select(endpoint => endpoint.SkipVerify));
        Assert.Equal([$"{folder}/docker.io/ca.pem"], endpoints[0].Authorities);
        Assert.Equal([($"{folder}/docker.io/a.pem", $"{folder}/docker.io/a.key"), ($"{folder}/docker.io/b.pem", $"{folder}/docker.io/b.pem")], endpoints[0].ClientCertificates);
        Assert.Equal([new("x-team", "one"), new("x-team", "two")], endpoints[0].Headers);
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("registry.local_5000_")]
    [InlineData("registry.local:5000")]
    [InlineData("_default")]
    public void The_folder_of_a_registry_with_a_port_is_found_by_any_of_its_names(string name)
    {
        Write(name, "server = \"https://other.local\"");

        Assert.Equal("https://other.local/", Assert.Single(Of("registry.local:5000/a")).Address.ToString());
    }

    [Fact]
    public void Registries_conf_comes_first()
    {
        Write("_default", "server = \"https://other.local\"");
        var main = $"{folder}/registries.conf";
        File.WriteAllText(main, "[[registry]]\nlocation = \"registry.local\"");

        Assert.Equal("https://registry.local/", Assert.Single(Endpoint.Of(ImageReference.Parse("registry.local/a"), RegistriesConf.Load([main], null, warnings.Add), Options)).Address.ToString());
    }

    [Theory]
    [InlineData("server = 7", ":1: server: expected a string in quotes")]
    [InlineData("\nserver = \"ftp://x\"", ":2: server: \"ftp://x\" is not the address of a registry: https://HOST[:PORT][/PATH]")]
    [InlineData("[host.\"https://u:p@x\"]", ":1: host.https://u:p@x: \"https://u:p@x\" is not the address of a registry: https://HOST[:PORT][/PATH]")]
    [InlineData("[host.\"https://x\"]\ncapabilities = [\"read\"]", ":2: host.https://x.capabilities: \"read\" is none of pull, resolve and push")]
    [InlineData("[host.\"https://x\"]\nclient = [[\"a\", \"b\", \"c\"]]", ":2: host.https://x.client: expected a certificate with its key, or [certificate, key]")]
    [InlineData("server = \"\"", ": neither a server nor a host is left for x.local")]
    public void What_is_wrong_is_told_with_file_and_line(string text, string complaint)
    {
        Write("x.local", text);

        Assert.Equal($"{folder}/x.local/hosts.toml{complaint}", Assert.Throws<ImageException>(() => Of("x.local/a")).Message);
    }

    [Fact]
    public void A_key_that_nobody_reads_is_told()
    {
        Write("x.local", "[host.\"https://y\"]\nskip-verify = true");

        Of("x.local/a");

        Assert.Equal($"{folder}/x.local/hosts.toml:2: \"host.https://y.skip-verify\" is not a key that is known here; it has no effect", Assert.Single(warnings));
    }

    private RegistryOptions Options => new() { HostsFolder = folder, Warn = warnings.Add };

    private IReadOnlyList<Endpoint> Of(string name) => Endpoint.Of(ImageReference.Parse(name), RegistriesConf.None, Options);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory($"{folder}/{name}");
        File.WriteAllText($"{folder}/{name}/hosts.toml", text);
    }
}
