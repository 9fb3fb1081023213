using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class EventsTests
{
    [Covers("events --stats")]
    [SkippableFact]
    public void Stats_have_the_fields_that_runc_gives()
    {
        var runc = Peer.Current("runc");
        Peer.Need(runc);
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var root = Path.Combine(bundle.Folder, "runc");
        Assert.Equal(0, PeapodCommand.Start(runc, "--root", root, "run", "--detach", "--bundle", bundle.Folder, "other").ExitCode);
        try
        {
            var expected = JsonNode.Parse(PeapodCommand.Start(runc, "--root", root, "events", "--stats", "other").Output)!;
            var result = bundle.Peapod("events", "--stats", bundle.Id);

            Assert.Equal(("", 0), (result.Error, result.ExitCode));
            Assert.Equal(Paths(expected), Paths(JsonNode.Parse(result.Output)!));
        }
        finally
        {
            Assert.Equal(0, PeapodCommand.Start(runc, "--root", root, "delete", "--force", "other").ExitCode);
        }

        // Counters that are zero are left out: which ones are is not the same for two containers.
        static string[] Paths(JsonNode node) => [.. Below("", node).Where(static path => path is not "/data/cpu/usage/total").Order(StringComparer.Ordinal)];

        static IEnumerable<string> Below(string path, JsonNode? node) =>
            node is JsonObject fields ? fields.SelectMany(field => Below($"{path}/{field.Key}", field.Value)).Prepend(path) : [path];
    }

    [Covers("events", "events --interval")]
    [Fact]
    public void Events_end_with_the_containers_last_process()
    {
        using var bundle = new Bundle("sleep", "1");
        bundle.RunDetached();

        var result = bundle.Peapod("events", "--interval", "100ms", bundle.Id);

        Assert.Equal(("", 0), (result.Error, result.ExitCode));
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(lines.Length, 1, 12);
        Assert.All(lines, line => Assert.Equal(("stats", bundle.Id, 1), ((string)JsonNode.Parse(line)!["type"]!, (string)JsonNode.Parse(line)!["id"]!, (int)JsonNode.Parse(line)!["data"]!["pids"]!["current"]!)));
    }

    [Fact]
    public void Events_tell_what_they_cannot_do()
    {
        using var bundle = new Bundle("true");
        Assert.Equal($"peapod: container \"{bundle.Id}\" does not exist\n", bundle.Peapod("events", bundle.Id).Error);
        Assert.Equal(0, bundle.Create().ExitCode);
        Assert.Equal("peapod: --interval: \"5\" is not a duration such as 5s or 1m30s\n", bundle.Peapod("events", "--interval", "5", bundle.Id).Error);
        Assert.Equal("peapod: --interval: duration interval must be greater than 0\n", bundle.Peapod("events", "--interval", "0s", bundle.Id).Error);
        Assert.Equal(0, bundle.Peapod("start", bundle.Id).ExitCode);
        bundle.WaitFor("stopped");

        var result = bundle.Peapod("events", "--stats", bundle.Id);
        Assert.Equal(($"peapod: container with id {bundle.Id} is not running\n", 1), (result.Error, result.ExitCode));
    }
}
