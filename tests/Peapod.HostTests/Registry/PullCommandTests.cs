using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;
using Peapod.HostTests.Image;
using Peapod.Kernel.Files;

namespace Peapod.HostTests.Registry;

/// <summary><c>peapod image pull</c> as its user runs it, from Debian's docker-registry.</summary>
public sealed class PullCommandTests : IDisposable
{
    private static readonly string Busybox = Path.Combine(PeapodCommand.Out, "images", "busybox");

    private readonly string folder = Directory.CreateTempSubdirectory("peapod-pull-").FullName;

    public void Dispose() => FileTree.Remove(folder);

    [SkippableFact]
    public void What_is_pulled_is_what_skopeo_pushed()
    {
        using var registry = new DockerRegistry();
        var name = registry.Push(Busybox, "team/busybox:1");

        var pulled = Image("pull", name);

        Assert.Equal((0, $"Trying to pull {name}..."), (pulled.ExitCode, pulled.Error.Split('\n')[0]));
        Assert.Matches("^[0-9a-f]{64}\n$", pulled.Output);
        var inspected = JsonNode.Parse(Done("inspect", name))![0]!;
        Assert.Equal(pulled.Output.TrimEnd(), (string)inspected["Id"]!);
        Assert.Equal($"{registry.Address}/team/busybox@{Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", $"docker://{name}").TrimEnd()}", (string)inspected["RepoDigests"]![0]!);
        Assert.Equal("sh", (string)inspected["Config"]!["Cmd"]![0]!);

        var again = Image("pull", "--quiet", "--output", "json", $"docker://{name}");
        Assert.Equal((0, ""), (again.ExitCode, again.Error));
        Assert.False((bool)JsonNode.Parse(again.Output)!["fetched"]!);
    }

    [SkippableTheory]
    [InlineData("--format", "v2s2")]
    [InlineData("--dest-compress-format", "zstd")]
    [InlineData("--dest-decompress")]
    public void Other_formats_are_pulled_too(params string[] flags)
    {
        using var registry = new DockerRegistry();

        var name = registry.Push(Busybox, "team/busybox:other", flags);

        Done("pull", name);
        Assert.True(File.Exists($"{Assert.Single(Directory.GetDirectories($"{folder}/images/layers/sha256"))}/tree/bin/busybox"));
    }

    [SkippableFact]
    public void All_tags_of_a_repository_are_pulled()
    {
        using var registry = new DockerRegistry();
        registry.Push(Busybox, "team/busybox:1");
        registry.Push(Busybox, "team/busybox:2");

        Done("pull", "--all-tags", $"{registry.Address}/team/busybox");

        Assert.Equal([$"{registry.Address}/team/busybox:1", $"{registry.Address}/team/busybox:2"], Done("ls", "-q").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [SkippableFact]
    public void A_certificate_is_believed_when_its_authority_is()
    {
        using var registry = new DockerRegistry(tls: true);
        var name = registry.Push(Busybox, "team/busybox:1");
        var hint = $"\n  put the certificate of its authority into /etc/containers/certs.d/{registry.Address}/ca.crt, or give --tls-verify=false\n";

        Assert.EndsWith($"peapod: {name}: the certificate of 127.0.0.1 is not signed by an authority that this host trusts: its issuer is CN=The test's authority{hint}", Refused("pull", name), StringComparison.Ordinal);
        Assert.Contains("the certificate of localhost is for 127.0.0.1, not for localhost", Refused("pull", "--cert-dir", registry.Certificates, name.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("--cert-dir: \"/nonexistent\" is not a folder", Refused("pull", "--cert-dir", "/nonexistent", name), StringComparison.Ordinal);

        Done("pull", "--cert-dir", registry.Certificates, name);
        Done("pull", "--tls-verify=false", name);
    }

    [SkippableFact]
    public void Plain_HTTP_is_refused_when_TLS_is_wanted()
    {
        using var registry = new DockerRegistry();
        var name = registry.Push(Busybox, "team/busybox:1");

        Assert.Contains($"cannot speak TLS with {registry.Address}", Refused("pull", "--tls-verify=true", name), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_password_opens_the_registry()
    {
        using var registry = new DockerRegistry(tls: true, passwords: true);
        var name = registry.Push(Busybox, "team/busybox:1");
        string[] trusted = ["pull", "--cert-dir", registry.Certificates];
        File.WriteAllText($"{folder}/auth.json", $$"""{"auths": {"{{registry.Address}}/team": {"auth": "{{Convert.ToBase64String(Encoding.UTF8.GetBytes(DockerRegistry.Password))}}"} } }""");

        Assert.Contains("wants credentials, or has no such repository (UNAUTHORIZED: authentication required); give --creds or --authfile", Refused([.. trusted, name]), StringComparison.Ordinal);
        Assert.Contains("does not accept these credentials", Refused([.. trusted, "--creds", "peapod:wrong", name]), StringComparison.Ordinal);
        Assert.Contains("--creds: expected USER:PASSWORD", Refused([.. trusted, "--creds", "peapod", name]), StringComparison.Ordinal);
        Assert.Contains("\"/nonexistent\" does not exist", Refused([.. trusted, "--authfile", "/nonexistent", name]), StringComparison.Ordinal);

        Done([.. trusted, "--creds", DockerRegistry.Password, name]);
        Done([.. trusted, "--authfile", $"{folder}/auth.json", name]);
    }

    [SkippableFact]
    public void A_pull_that_is_killed_leaves_nothing_half_and_is_gone_on_with()
    {
        var small = new TarBuilder().Add("small", content: "s").Build();
        var large = new TarBuilder().Add("large", content: new string('x', 200_000)).Build();
        using var registry = new HostileRegistry(new LayoutBuilder($"{folder}/layout").Add("x", gzip: false, small, large).Finish());
        var isLarge = (Exchange exchange) => exchange.Path.EndsWith(LayoutBuilder.Sha256(large)[7..], StringComparison.Ordinal);
        registry.Fault = exchange =>
        {
            if (!isLarge(exchange))
            {
                return false;
            }

            exchange.Head(200, large.Length);
            exchange.Raw(large[..100_000]);
            registry.StallForEver();
            return true;
        };
        using (var process = Process.Start(new ProcessStartInfo(PeapodCommand.Executable, ["image", "--data-root", folder, "pull", registry.Name]) { RedirectStandardError = true, RedirectStandardOutput = true })!)
        {
            PodBed.Until(() => Directory.Exists($"{folder}/images/layers/sha256/{LayoutBuilder.Sha256(small)[7..]}") && registry.Blobs.Any(isLarge), "the small layer is whole and the large one on its way");
            process.Kill();
            process.WaitForExit();
        }

        Assert.Equal("", Done("ls", "-q"));
        registry.Fault = null;
        Done("pull", registry.Name);

        Assert.Single(registry.Blobs, exchange => exchange.Path.EndsWith(LayoutBuilder.Sha256(small)[7..], StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries($"{folder}/images/tmp"));
    }

    [SkippableFact]
    public void Names_are_added_and_what_nobody_needs_is_removed()
    {
        using var registry = new DockerRegistry();
        var name = registry.Push(Busybox, "team/busybox:1");
        Done("pull", name);

        Done("tag", name, "localhost/mine", "localhost/mine:2");
        Assert.Equal([name, "localhost/mine:2", "localhost/mine:latest"], Done("ls", "-q").Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("an image can be given a name and a tag, not a digest", Refused("tag", name, $"x@sha256:{new string('a', 64)}"), StringComparison.Ordinal);

        Done("rm", name, "localhost/mine", "localhost/mine:2");
        Done("prune");
        Assert.Empty(Directory.GetFileSystemEntries($"{folder}/images/blobs/sha256"));
        Assert.Empty(Directory.GetFileSystemEntries($"{folder}/images/layers/sha256"));
    }

    [SkippableTheory]
    [InlineData("127.0.0.1:1/x", "127.0.0.1:1/x:latest: cannot connect to 127.0.0.1:1: connection refused")]
    [InlineData("registry.invalid/x", "registry.invalid/x:latest: the host name registry.invalid is not known")]
    [InlineData("UPPER", "\"UPPER\" is not an image reference")]
    public void What_cannot_be_pulled_is_told(string name, string complaint) => Assert.Contains($"peapod: {complaint}", Refused("pull", name), StringComparison.Ordinal);

    [SkippableTheory]
    [InlineData("--policy", "sometimes", "--policy: \"sometimes\" is none of always, missing, never and newer")]
    [InlineData("--platform", "linux", "--platform: \"linux\" is not a platform")]
    [InlineData("--output", "yaml", "--output: \"yaml\" is not json")]
    [InlineData("--retry", "1000", "--retry: 1000 is not between 0 and 100")]
    [InlineData("--retry-delay", "1y", "--retry-delay: \"1y\" is not a duration between 0 and 60s")]
    public void A_wrong_flag_is_told(string flag, string value, string complaint) => Assert.StartsWith($"peapod: {complaint}", Refused("pull", flag, value, "localhost:1/x"), StringComparison.Ordinal);

    private CommandResult Image(string command, params string[] arguments) => PeapodCommand.Run(["image", "--data-root", folder, command, .. arguments]);

    private string Done(params string[] arguments)
    {
        var result = Image(arguments[0], arguments[1..]);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: {result.ExitCode} {result.Error}");
        return result.Output;
    }

    private string Refused(params string[] arguments)
    {
        var result = Image(arguments[0], arguments[1..]);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        return result.Error;
    }

    private static string Skopeo(params string[] arguments)
    {
        var result = PeapodCommand.Start("skopeo", arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }
}
