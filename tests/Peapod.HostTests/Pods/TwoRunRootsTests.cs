using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>What a host has once is shared by the run roots that pods are kept below, and nothing else is.</summary>
public sealed class TwoRunRootsTests : IDisposable
{
    private readonly PodBed bed = new();

    private string OtherRoot => Path.Combine(bed.Folder, "other");

    public void Dispose()
    {
        Other("rm", "-f", "web");
        bed.Dispose();
    }

    [Fact]
    public void Pods_of_one_name_run_below_two_of_them_and_the_end_of_one_leaves_the_other_alone()
    {
        bed.Done("run", "-f", Manifest("ours", 8123));
        Done("run", "-f", Manifest("others", 8124));

        var (ours, others) = (bed.Inspect("web"), JsonNode.Parse(Done("inspect", "web"))!);
        Assert.NotEqual(Address(ours), Address(others));
        Assert.NotEqual(FirstId(bed.RunRoot), FirstId(OtherRoot));
        Assert.Equal("from others\n", bed.Done("exec", "web", "--", "wget", "-qO-", $"http://{Address(others)}:8124/"));
        Assert.Equal("from ours\n", Done("exec", "web", "--", "wget", "-qO-", $"http://{Address(ours)}:8123/"));
        Assert.NotEqual(bed.Done("exec", "web", "--", "cat", "/v/mine"), Done("exec", "web", "--", "cat", "/v/mine"));

        Done("rm", "-f", "web");

        Assert.Equal("from ours\n", bed.Done("exec", "web", "--", "wget", "-qO-", $"http://{Address(ours)}:8123/"));
        Assert.Equal("from ours\n", Page($"http://{Address(ours)}:8123/"));
        Assert.Equal("", Other("gc").Output);
        bed.Done("rm", "-f", "web");
        bed.AssertNothingLeft();

        string Manifest(string who, int port) => bed.Write($"{who}.yaml", $$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              hostUsers: false
              volumes:
              - name: v
                emptyDir: {}
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "mkdir /w; echo from {{who}} >/w/index.html; echo $RANDOM$RANDOM$RANDOM >/v/mine; exec httpd -f -p {{port}} -h /w"]
                volumeMounts: [{name: v, mountPath: /v}]
            """);
    }

    [Fact]
    public void A_host_port_is_taken_for_both()
    {
        bed.Done("run", "--image", "localhost/busybox", "--port", "8125:80", "web", "--", "sleep", "1000");

        var refused = Other("run", "--image", "localhost/busybox", "--port", "8125:80", "web", "--", "sleep", "1000");

        Assert.Equal((1, $"peapod: hostPort 8125/tcp is taken by pod {bed.OwnerOf("web")}\n"), (refused.ExitCode, refused.Error));
        Assert.Equal("", string.Join(' ', Directory.GetDirectories($"{OtherRoot}/pods")));
    }

    private static string Page(string address)
    {
        using var client = new HttpClient();
        return client.GetStringAsync(new Uri(address)).GetAwaiter().GetResult();
    }

    private static string Address(JsonNode pod) => (string)pod["status"]!["podIP"]!;

    private static string FirstId(string runRoot) => File.ReadAllText($"{runRoot}/pods/default_web/id-range");

    private CommandResult Other(string command, params string[] arguments) =>
        PeapodCommand.Run(["pod", "--run-root", OtherRoot, "--data-root", bed.DataRoot, command, .. arguments]);

    private string Done(string command, params string[] arguments)
    {
        var result = Other(command, arguments);
        Assert.True(result.ExitCode == 0, $"pod {command}: {result.ExitCode} {result.Error}");
        return result.Output;
    }
}
