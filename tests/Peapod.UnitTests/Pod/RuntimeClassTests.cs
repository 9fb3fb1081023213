using System.Text;
using Peapod.Oci;
using Peapod.Pod;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Store;
using Peapod.Shim.Runtimes;
using Peapod.Tests;

namespace Peapod.UnitTests.Pod;

/// <summary>RuntimeClasses, the handlers that they name, and what another runtime is told.</summary>
public sealed class RuntimeClassTests : IDisposable
{
    private const string Class = """{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"k","labels":{"a":"b"}},"handler":"kata","overhead":{"podFixed":{"memory":"1Mi"}},"scheduling":{"nodeSelector":{"a":"b"}}}""";
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-runtimes-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    [Field("RuntimeClass.apiVersion", "RuntimeClass.kind", "RuntimeClass.metadata", "RuntimeClass.handler", "RuntimeClass.overhead.podFixed", "RuntimeClass.scheduling")]
    public void A_class_is_kept_as_it_is_written()
    {
        var documents = ManifestReader.Read("f", Class);
        Assert.Equal(Class, Encoding.UTF8.GetString(Assert.Single(documents.RuntimeClasses).ToJson()));

        var store = new ObjectStore(new PodHost { DataRoot = folder });
        var told = new List<string>();
        store.Apply(documents, told.Add);
        store.Apply(documents, told.Add);
        Assert.Equal(["runtimeclass.node.k8s.io/k created", "runtimeclass.node.k8s.io/k unchanged"], told);
        Assert.Equal("kata", store.TryReadRuntimeClass("k")!.Handler);
        Assert.Equal(["k"], store.Names("any", "RuntimeClass"));
        Assert.Empty(store.Namespaces());

        var changed = ManifestReader.Read("f", Class.Replace("\"kata\"", "\"runsc\"", StringComparison.Ordinal)).RuntimeClasses[0];
        Assert.Equal("The RuntimeClass \"k\" is invalid: handler: Invalid value: \"runsc\": field is immutable", Assert.Throws<PodException>(() => store.Apply(changed)).Message);
        Assert.True(store.Remove("any", "RuntimeClass", "k"));
        Assert.Null(store.TryReadRuntimeClass("k"));
    }

    [Theory]
    [InlineData("apiVersion: v1", "handler: a", "f:1: apiVersion: Unsupported value: \"v1\": supported values: \"node.k8s.io/v1\"")]
    [InlineData("apiVersion: node.k8s.io/v1", "scheduling: {}", "f:1: handler: Required value")]
    [InlineData("apiVersion: node.k8s.io/v1", "handler: a.b", "f:4: handler: Invalid value: \"a.b\"")]
    public void A_class_that_breaks_a_rule_is_refused(string version, string field, string error) =>
        Assert.StartsWith(error, Assert.Single(Assert.Throws<ManifestException>(() => ManifestReader.Read("f", $"{version}\nkind: RuntimeClass\nmetadata: {{name: k}}\n{field}")).Errors).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"a\": {\"path\": \"bin/a\"}}", "a.path: \"bin/a\" must be an absolute path")]
    [InlineData("{\"a\": {\"path\": \"/none/a\"}}", "a.path: \"/none/a\" is not there, or cannot be executed")]
    [InlineData("{\"a\": {\"path\": \"/proc/self/status\"}}", "a.path: \"/proc/self/status\" is not there, or cannot be executed")]
    [InlineData("{\"b\": {}}", "no runtime for \"a\" is configured")]
    [InlineData("{\"a\": {\"paht\": \"\"}}", "line 1: $.a")]
    [InlineData("[]", "line 1: $")]
    public void A_runtime_that_cannot_be_had_is_told(string file, string error)
    {
        File.WriteAllText($"{folder}/runtimes.json", file);
        Assert.Contains(error, Assert.Throws<PodException>(() => RuntimesFile.Find($"{folder}/runtimes.json", "a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Our_own_runtime_needs_no_entry() => Assert.Null(RuntimesFile.Find($"{folder}/none", "peapod"));

    [Fact]
    public void What_is_ours_by_descriptor_is_others_by_path()
    {
        var spec = new Spec { OciVersion = "1.3.0", Mounts = [new Mount { Source = "/proc/self/fd/5", Destination = "/a" }, new Mount { Source = "/b", Destination = "/b" }, new Mount { Source = "/proc/5/root/dev/shm", Destination = "/c" }], Root = new Root { Path = "/", Readonly = true } };
        var others = OciBundles.ForOthers(spec, "/run/rootfs", static source => source == "/proc/5/root/dev/shm", static (source, number) => $"/run/{number}{source}");
        Assert.Equal(["/run/0/proc/self/fd/5", "/b", "/run/2/proc/5/root/dev/shm"], others.Mounts.Select(static mount => mount.Source));
        Assert.Equal(("/run/rootfs", true), (others.Root!.Path, others.Root.Readonly));

        // crun 1.8 takes no later version.
        Assert.Equal("1.0.2", others.OciVersion);
    }

    [Theory]
    [InlineData("{\"level\":\"error\",\"msg\":\"first\"}\n{\"level\":\"warning\",\"msg\":\"later\"}\n", "first")]
    [InlineData("{\"level\":\"info\",\"msg\":\"only\"}\n", "only")]
    [InlineData("{\n  \"msg\": \"on lines\",\n  \"level\": \"error\"\n}\n{\n  \"msg\": \"of its own\",\n  \"level\": \"error\"\n}\n", "of its own")]
    [InlineData("no json\n", "no json")]
    [InlineData("", null)]
    public void The_last_error_of_a_log_is_told(string log, string? error) => Assert.Equal(error, OciRuntimeCommand.LastError(log));
}
