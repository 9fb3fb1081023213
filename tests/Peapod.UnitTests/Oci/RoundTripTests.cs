using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Peapod.Oci;

namespace Peapod.UnitTests.Oci;

public sealed class RoundTripTests
{
    [Fact]
    public void A_configuration_with_every_field_is_written_as_it_was_read()
    {
        // A priority of 0 is what Go leaves out.
        string expected = Documents.EveryField.Replace("\"priority\": 0, \"flags\"", "\"flags\"", StringComparison.Ordinal);

        AssertSame(expected, Spec.Parse(Bytes(Documents.EveryField)).ToJson());
    }

    [Fact]
    public void A_configuration_with_every_field_is_valid() => SpecValidator.Validate(Spec.Parse(Bytes(Documents.EveryField)));

    [Fact]
    public void Features_are_written_as_they_were_read() => AssertSame(Documents.Features, Features.Parse(Bytes(Documents.Features)).ToJson());

    [Fact]
    public void A_state_is_written_as_it_was_read() => AssertSame(Documents.State, State.Parse(Bytes(Documents.State)).ToJson());

    [Fact]
    public void What_a_seccomp_agent_is_told_is_written_as_it_was_read() =>
        AssertSame(Documents.ContainerProcessState, ContainerProcessState.Parse(Bytes(Documents.ContainerProcessState)).ToJson());

    [Theory]
    [InlineData("""{"ociVersion":"1.0.0","root":{"path":"rootfs"}}""")]
    [InlineData("""{"ociVersion":"1.0.0","process":{"user":{"uid":0,"gid":0},"args":["sh"],"cwd":"/"},"root":{"path":"rootfs"}}""")]
    [InlineData("""{"ociVersion":"1.0.0","linux":{"netDevices":{"eth0":{"name":"container_eth0"},"ens4":{}}}}""")]
    [InlineData("""{"ociVersion":"1.0.0","linux":{"resources":{"rdma":{"mlx4_0":{"hcaHandles":3},"mlx5_1":{"hcaHandles":3,"hcaObjects":10000},"mlx5_2":{"hcaObjects":10000}}}}}""")]
    [InlineData("""{"ociVersion":"1.0.0","linux":{}}""")]
    public void Small_configurations_are_written_as_they_were_read(string json) =>
        Assert.Equal(Sorted(json), Sorted(Encoding.UTF8.GetString(Spec.Parse(Bytes(json)).ToJson())));

    [Fact]
    public void The_smallest_features_and_state_have_what_the_schemas_require()
    {
        AssertSame("""{"ociVersionMin": "1.0.0", "ociVersionMax": "1.3.0"}""",
            new Features { OciVersionMin = "1.0.0", OciVersionMax = "1.3.0" }.ToJson());
        AssertSame("""{"ociVersion": "1.3.0", "id": "a", "status": "stopped", "bundle": "/b"}""",
            new State { OciVersion = "1.3.0", Id = "a", Status = "stopped", Bundle = "/b" }.ToJson());
    }

    [Fact]
    public void Empty_lists_and_maps_are_left_out()
    {
        Spec spec = Spec.Parse("""{"ociVersion": "1.0.0", "mounts": [], "annotations": {}, "hostname": "", "linux": {"resources": {"devices": []}}}"""u8);

        AssertSame("""{"ociVersion": "1.0.0", "linux": {"resources": {}}}""", spec.ToJson());
    }

    [Fact]
    public void Maps_are_sorted_by_key_when_read()
    {
        Spec spec = Spec.Parse("""{"ociVersion": "1.0.0", "annotations": {"z": "1", "b": "2", "Z": "3", "ä": "4", "a": "5"}}"""u8);

        Assert.Equal(["Z", "a", "b", "z", "ä"], spec.Annotations.Keys);
        Assert.Equal("4", spec.Annotations["ä"]);
        Assert.False(spec.Annotations.ContainsKey("c"));
    }

    [Fact]
    public void A_large_map_keeps_the_last_of_each_key()
    {
        var json = new StringBuilder("{\"annotations\":{");
        for (int i = 0; i < 20_000; i++)
        {
            json.Append(i == 0 ? "" : ",").Append($"\"k{i * 7919 % 5000}\":\"{i}\"");
        }
        json.Append("}}");

        Spec spec = Spec.Parse(Bytes(json.ToString()));

        Assert.Equal(5000, spec.Annotations.Count);
        for (int i = 15_000; i < 20_000; i++)
        {
            Assert.Equal($"{i}", spec.Annotations[$"k{i * 7919 % 5000}"]);
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static void AssertSame(string expected, byte[] actual) => Assert.Equal(Compact(expected), Encoding.UTF8.GetString(actual));

    // Without white space; the order of members stays.
    private static string Compact(string json) => Text(JsonNode.Parse(json)!);

    private static string Sorted(string json)
    {
        return Text(Sort(JsonNode.Parse(json)!));

        static JsonNode Sort(JsonNode node) => node is JsonObject members
            ? new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
                .Select(member => KeyValuePair.Create<string, JsonNode?>(member.Key, Sort(member.Value!))))
            : node.DeepClone();
    }

    private static string Text(JsonNode node) =>
        node.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
