using System.Text;
using Peapod.Oci;

namespace Peapod.UnitTests.Oci;

public sealed class JsonReadingTests
{
    [Fact]
    public void Every_kind_of_field_arrives_in_its_property()
    {
        Spec spec = Parse("""
            {
              "ociVersion": "1.3.0",
              "process": {
                "terminal": true, "cwd": "/", "args": ["sh", "-c", "true"], "oomScoreAdj": -500,
                "user": {"uid": 4294967295, "gid": 7, "umask": 18, "additionalGids": [5, 6]},
                "rlimits": [{"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 1}]
              },
              "annotations": {"b": "2", "a": "1"},
              "linux": {
                "timeOffsets": {"monotonic": {"secs": -172800, "nanosecs": 5}},
                "resources": {"memory": {"limit": -1, "disableOOMKiller": false}, "blockIO": {"weight": 500}}
              }
            }
            """);

        Assert.Equal("1.3.0", spec.OciVersion);
        Assert.True(spec.Process!.Terminal);
        Assert.Equal(["sh", "-c", "true"], spec.Process.Args);
        Assert.Equal(-500, spec.Process.OomScoreAdj);
        Assert.Equal(uint.MaxValue, spec.Process.User.Uid);
        Assert.Equal(18u, spec.Process.User.Umask);
        Assert.Equal([5u, 6u], spec.Process.User.AdditionalGids);
        Assert.Equal(ulong.MaxValue, spec.Process.Rlimits[0].Hard);
        Assert.Equal(["a", "b"], spec.Annotations.Keys);
        Assert.Equal("2", spec.Annotations["b"]);
        Assert.Equal(-172800, spec.Linux!.TimeOffsets["monotonic"].Secs);
        Assert.Equal(-1, spec.Linux.Resources!.Memory!.Limit);
        Assert.False(spec.Linux.Resources.Memory.DisableOOMKiller);
        Assert.Null(spec.Linux.Resources.Memory.CheckBeforeUpdate);
        Assert.Equal((ushort)500, spec.Linux.Resources.BlockIO!.Weight);
    }

    [Fact]
    public void Absent_and_null_fields_are_at_their_defaults()
    {
        Spec spec = Parse("""{"ociVersion": "1.0.0", "hostname": null, "mounts": null, "linux": {"sysctl": null, "resources": {"pids": {"limit": null}}}}""");

        Assert.Null(spec.Hostname);
        Assert.Null(spec.Process);
        Assert.Empty(spec.Mounts);
        Assert.Empty(spec.Linux!.Sysctl);
        Assert.Null(spec.Linux.Resources!.Pids!.Limit);
    }

    [Fact]
    public void Unknown_fields_are_skipped_whatever_they_hold()
    {
        Spec spec = Parse("""{"windows": {"layerFolders": ["x", {"y": []}]}, "ociVersion": "1.0.0", "x": 1e99, "hostnames": [null]}""");

        Assert.Equal("1.0.0", spec.OciVersion);
    }

    [Fact]
    public void Of_duplicate_fields_the_last_counts()
    {
        Spec spec = Parse("""{"ociVersion": "1.0.0", "hostname": "a", "hostname": "b", "annotations": {"k": "1", "j": "0", "k": "2"}}""");

        Assert.Equal("b", spec.Hostname);
        Assert.Equal(2, spec.Annotations.Count);
        Assert.Equal("2", spec.Annotations["k"]);
    }

    [Fact]
    public void Names_and_values_may_be_escaped()
    {
        Spec spec = Parse("""{"\u006fciVersion": "1.0.\u0030", "hostname": "gr\u00fcn \ud83c\udf31"}""");

        Assert.Equal("1.0.0", spec.OciVersion);
        Assert.Equal("grün 🌱", spec.Hostname);
    }

    [Fact]
    public void A_byte_order_mark_is_tolerated()
    {
        Spec spec = Spec.Parse([0xEF, 0xBB, 0xBF, .. "{\"ociVersion\":\"1.0.0\"}"u8]);

        Assert.Equal("1.0.0", spec.OciVersion);
    }

    [Theory]
    [InlineData("""{"mounts": [{}, {}, {}, {"destination": "/x", "options": ["ro", 5]}]}""", "mounts[3].options[1]", "expected a string, found a number")]
    [InlineData("""{"mounts": [{}, 7]}""", "mounts[1]", "expected an object, found a number")]
    [InlineData("""{"mounts": {}}""", "mounts", "expected an array, found an object")]
    [InlineData("""{"process": {"user": {"uid": -1}}}""", "process.user.uid", "-1 is out of range (0 to 4294967295)")]
    [InlineData("""{"process": {"user": {"additionalGids": [1, 4294967296]}}}""", "process.user.additionalGids[1]", "4294967296 is out of range (0 to 4294967295)")]
    [InlineData("""{"process": {"user": {"additionalGids": [[]]}}}""", "process.user.additionalGids[0]", "expected a number, found an array")]
    [InlineData("""{"process": {"oomScoreAdj": 1.5}}""", "process.oomScoreAdj", "expected a whole number, found 1.5")]
    [InlineData("""{"process": {"terminal": "yes"}}""", "process.terminal", "expected true or false, found a string")]
    [InlineData("""{"process": {"args": ["a", null]}}""", "process.args[1]", "expected a string, found null")]
    [InlineData("""{"linux": {"resources": {"blockIO": {"weight": 65536}}}}""", "linux.resources.blockIO.weight", "65536 is out of range (0 to 65535)")]
    [InlineData("""{"linux": {"resources": {"cpu": {"quota": 9223372036854775808}}}}""", "linux.resources.cpu.quota", "9223372036854775808 is out of range (-9223372036854775808 to 9223372036854775807)")]
    [InlineData("""{"linux": {"resources": {"rdma": {"mlx5_1": {"hcaHandles": "not a uint32"}}}}}""", "linux.resources.rdma.mlx5_1.hcaHandles", "expected a number, found a string")]
    [InlineData("""{"linux": {"netDevices": {"eth0": {"name": 23}}}}""", "linux.netDevices.eth0.name", "expected a string, found a number")]
    [InlineData("""{"linux": {"sysctl": {"net.ipv4.ip_forward": 1}}}""", "linux.sysctl[\"net.ipv4.ip_forward\"]", "expected a string, found a number")]
    [InlineData("""{"x": [[1, {"y": 2}], 3], "hostname": "a\u0000b"}""", "hostname", "contains a NUL character")]
    [InlineData("""{"annotations": {"a\u0000": "b"}}""", "annotations.a\\u0000", "contains a NUL character")]
    [InlineData("""{"hostname": "\ud800"}""", "hostname", "is not valid Unicode text")]
    [InlineData("""[]""", "", "expected an object, found an array")]
    [InlineData("""null""", "", "expected an object, found null")]
    public void A_value_of_the_wrong_kind_is_named_by_its_path(string json, string field, string reason)
    {
        SpecException error = Assert.Throws<SpecException>(() => Parse(json));

        Assert.Equal(field, error.Field);
        Assert.Equal(reason, error.Reason);
    }

    [Theory]
    [InlineData("", "the JSON ends too early, at line 1, column 1")]
    [InlineData("{\n  \"ociVersion\": \"1.0", "the JSON ends too early, at line 2, column 21")]
    [InlineData("{\"hooks\": {\n\n", "the JSON ends too early, at line 3, column 1")]
    [InlineData("{]", "invalid JSON at line 1, column 2")]
    [InlineData("{\n\"a\": 1,\n}", "invalid JSON at line 3, column 1")]
    [InlineData("{\"hostname\": \"a\nb\"}", "invalid JSON at line 1, column 16")]
    [InlineData("{} {}", "there is more text after the JSON document, at line 1, column 4")]
    [InlineData("{\n// why\n}", "comments are not allowed in JSON, at line 2, column 1")]
    [InlineData("{} /* end */", "comments are not allowed in JSON, at line 1, column 4")]
    public void Broken_JSON_is_reported_by_line_and_column(string json, string reason)
    {
        SpecException error = Assert.Throws<SpecException>(() => Parse(json));

        Assert.Equal("", error.Field);
        Assert.Equal(reason, error.Reason);
    }

    [Fact]
    public void Every_truncation_of_a_document_is_an_error_and_nothing_else()
    {
        byte[] whole = "{\"ociVersion\":\"1.0.0\",\"process\":{\"args\":[\"a\",\"\\u00e4\"],\"user\":{\"uid\":10}},\"mounts\":[{\"options\":[null]}]}"u8.ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            int end = length;
            Assert.Throws<SpecException>(() => Spec.Parse(whole.AsSpan(0, end)));
        }
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"x\":")]
    public void Deep_nesting_is_refused_and_does_not_crash(string opening)
    {
        var json = new StringBuilder("{\"x\":");
        for (int i = 0; i < 1_000_000; i++)
        {
            json.Append(opening);
        }

        SpecException error = Assert.Throws<SpecException>(() => Parse(json.ToString()));

        Assert.Equal("", error.Field);
        Assert.StartsWith("the JSON is nested more than 64 levels deep", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_UTF8_is_refused()
    {
        SpecException error = Assert.Throws<SpecException>(() => Spec.Parse([.. "{\"hostname\":\""u8, 0xFF, .. "\"}"u8]));

        Assert.Equal("hostname", error.Field);
    }

    [Fact]
    public void A_process_document_stands_alone()
    {
        Process process = Process.Parse("""{"cwd": "/tmp", "args": ["id"]}"""u8);

        Assert.Equal("/tmp", process.Cwd);
    }

    private static Spec Parse(string json) => Spec.Parse(Encoding.UTF8.GetBytes(json));
}
