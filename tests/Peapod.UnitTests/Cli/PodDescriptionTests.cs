using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Commands;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Cli;

/// <summary>
/// The golden text is what kubectl 1.32 printed for the pod beside it, from a server that answered with that file; ports have their names, as
/// since 1.34 (kubernetes/kubernetes#133018), and spec.nodeName its value, which kubectl leaves out.
/// </summary>
public sealed class PodDescriptionTests
{
    private static readonly PodView View = Read();

    private static string Golden(string name, [CallerFilePath] string file = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "Golden", name));

    private static PodView Read()
    {
        Environment.SetEnvironmentVariable("TZ", "UTC");
        TimeZoneInfo.ClearCachedData();
        var json = Golden("described-pod.json");
        var status = JsonNode.Parse(json)!["status"]!.ToJsonString();
        return new PodView(new PodFolders(new PodHost(), "default_web"), PodManifest.Parse(Encoding.UTF8.GetBytes(json)), PodStatus.Parse(Encoding.UTF8.GetBytes(status)), IsSupervised: true);
    }

    [Fact]
    public void A_pod_is_described_byte_for_byte_as_kubectl_does() =>
        Assert.Equal(Golden("described-pod.txt") + "Events:          <none>\n", DescribeCommand.ToText(View, "node1", []));

    [Fact]
    public void No_value_looks_like_another_field_and_none_reaches_the_terminal()
    {
        var ended = new ContainerState { Terminated = new ContainerStateTerminated { Message = "first\nStatus:  Running\n\u001b]0;title\u0007\u009b2J\u202e\n", Reason = "Error\tx" } };
        var view = View with { Status = View.Status with { ContainerStatuses = [.. View.Status.ContainerStatuses.Select(status => status with { State = ended })] } };

        var text = DescribeCommand.ToText(view, "node1", [new PodEvent { Type = "Warning", Reason = "R", Message = "one\n  Normal  Forged\u001b[31m" }]);

        Assert.DoesNotContain(text, static character => character is < ' ' and not '\n' or (>= '\u007f' and < '\u00a0') or '\u202e');
        Assert.Contains("      Reason:       Error\\tx\n      Message:      first\n                    Status:  Running\n                    \\u001b]0;title\\u0007\\u009b2J\\u202e\n", text, StringComparison.Ordinal);
        Assert.Contains("one\\n  Normal  Forged\\u001b[31m\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_events_have_columns_of_their_own()
    {
        var now = DateTime.UtcNow;
        var text = DescribeCommand.ToText(View, "node1",
        [
            new PodEvent { Type = "Normal", Reason = "Started", Message = "Started container a", FirstTimestamp = now.AddMinutes(-31), LastTimestamp = now.AddMinutes(-31) },
            new PodEvent { Type = "Warning", Reason = "BackOff", Message = "Back-off\n", Count = 3, FirstTimestamp = now.AddMinutes(-31), LastTimestamp = now.AddMinutes(-21) },
        ]);

        Assert.Equal("""
            Events:
              Type     Reason   Age                From    Message
              ----     ------   ----               ----    -------
              Normal   Started  31m                peapod  Started container a
              Warning  BackOff  21m (x3 over 31m)  peapod  Back-off

            """, text[text.IndexOf("Events:", StringComparison.Ordinal)..]);
    }
}
