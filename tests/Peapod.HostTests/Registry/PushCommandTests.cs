using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;
using Peapod.Kernel.Files;

namespace Peapod.HostTests.Registry;

/// <summary><c>peapod image push</c> as its user runs it, to Debian's docker-registry, with skopeo as the witness.</summary>
public sealed class PushCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-push-").FullName;

    public void Dispose() => FileTree.Remove(folder);

    [SkippableFact]
    public void What_is_pushed_is_what_skopeo_finds_and_another_host_pulls()
    {
        using var registry = new DockerRegistry();
        var id = LoadBusybox();
        var name = $"{registry.Address}/team/pushed:1";

        var pushed = Image("push", "localhost/busybox", name, "--digestfile", $"{folder}/digest");

        Assert.Equal((0, ""), (pushed.ExitCode, pushed.Output));
        var digest = File.ReadAllText($"{folder}/digest");
        Assert.EndsWith($"Pushed {name}: {digest}\n", pushed.Error, StringComparison.Ordinal);
        Assert.Equal(digest, Done("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", $"docker://{name}").TrimEnd());
        Done("skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", $"docker://{name}", $"dir:{folder}/copy");
        var pulled = PeapodCommand.Run("image", "--data-root", $"{folder}/other", "pull", "-q", name);
        Assert.Equal((0, id), (pulled.ExitCode, pulled.Output.TrimEnd()));
    }

    [SkippableFact]
    public void What_the_registry_has_is_not_sent_again()
    {
        using var registry = new DockerRegistry();
        LoadBusybox();
        Assert.DoesNotContain("skipped", Image("push", "localhost/busybox", $"{registry.Address}/team/pushed:1").Error, StringComparison.Ordinal);

        var again = Image("push", "localhost/busybox", $"docker://{registry.Address}/team/pushed:2");

        Assert.Equal(0, again.ExitCode);
        Assert.DoesNotContain(" done", again.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_password_opens_the_registry()
    {
        using var registry = new DockerRegistry(tls: true, passwords: true);
        LoadBusybox();
        string[] push = ["push", "--cert-dir", registry.Certificates, "localhost/busybox", $"{registry.Address}/team/pushed:1"];

        var refused = Image([.. push, "--creds", "peapod:wrong"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"{registry.Address} does not accept these credentials", refused.Error, StringComparison.Ordinal);

        Assert.Equal(0, Image([.. push, "--creds", DockerRegistry.Password]).ExitCode);
    }

    [SkippableFact]
    public void A_registry_that_cuts_an_upload_is_asked_again_and_one_that_refuses_is_told()
    {
        LoadBusybox();
        using var registry = new HostileRegistry(folder);
        var cuts = 0;
        registry.Fault = exchange =>
        {
            if (exchange.Path == "/v2/")
            {
                return false;
            }

            if (exchange.Method == "PUT" && exchange.Path.StartsWith("/upload/", StringComparison.Ordinal) && cuts++ == 0)
            {
                exchange.Cut();
                return true;
            }

            exchange.Send(exchange.Method switch { "HEAD" => 404, "POST" => 202, _ => 201 }, [], "Location: /upload/1?state=x");
            return true;
        };

        var pushed = Image("push", "--retry-delay", "10ms", "localhost/busybox", registry.Name);

        Assert.True(pushed.ExitCode == 0, pushed.Error);
        Assert.Equal(3, registry.Asked.Count(exchange => exchange.Path == "/upload/1"));
        Assert.All(registry.Asked.Where(exchange => exchange.Path == "/upload/1"), exchange => Assert.StartsWith("state=x&digest=sha256:", exchange.Query, StringComparison.Ordinal));
        Assert.Equal("/v2/team/app/manifests/1", registry.Asked[^1].Path);

        registry.Fault = exchange => exchange.Path != "/v2/" && Refuse(exchange);
        var refused = Image("push", "localhost/busybox", registry.Name);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"{registry.Address} denies access", refused.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_cannot_be_pushed_is_told()
    {
        LoadBusybox();

        Assert.Contains("image \"localhost/none\" (localhost/none:latest) is not in", Image("push", "localhost/none", "127.0.0.1:1/x").Error, StringComparison.Ordinal);
        Assert.Contains("an image can be pushed to a name and a tag, not to a digest", Image("push", "localhost/busybox", $"127.0.0.1:1/x@sha256:{new string('a', 64)}").Error, StringComparison.Ordinal);
        Assert.Contains("cannot connect to 127.0.0.1:1: connection refused", Image("push", "localhost/busybox", "127.0.0.1:1/x").Error, StringComparison.Ordinal);
    }

    private static bool Refuse(Exchange exchange)
    {
        exchange.Send(403, []);
        return true;
    }

    private CommandResult Image(params string[] arguments) => PeapodCommand.Run(["image", "--data-root", $"{folder}/data", .. arguments]);

    private static string Done(string program, params string[] arguments)
    {
        var result = PeapodCommand.Start(program, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }

    /// <returns>The image's id.</returns>
    private string LoadBusybox()
    {
        Assert.Equal(0, Image("load", Path.Combine(PeapodCommand.Out, "images", "busybox")).ExitCode);
        return (string)JsonNode.Parse(Image("inspect", "localhost/busybox").Output)![0]!["Id"]!;
    }
}
