using Peapod.Pod.Containers;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Store;

namespace Peapod.UnitTests.Pod;

/// <summary>A host with objects in a folder of the test's own, and a pod that is told of them.</summary>
internal sealed class Told : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-told-").FullName;

    public Told()
    {
        Host = new PodHost { RunRoot = $"{folder}/run", DataRoot = $"{folder}/data" };
        Objects = new ObjectStore(Host);
    }

    public PodHost Host { get; }

    public ObjectStore Objects { get; }

    public static Node Node => new(static () => "here", static () => ["192.0.2.7", "2001:db8::7"], static resource => resource switch
    {
        "cpu" => Quantity.FromInt64(4),
        "memory" => Quantity.FromBytes(8L << 30),
        _ => null,
    });

    public static PodManifest Pod(params ContainerSpec[] containers) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "p",
            Namespace = "space",
            Uid = "1-2-3",
            Labels = new Dictionary<string, string> { ["tier"] = "backend", ["a.b/c"] = "d" },
            Annotations = new Dictionary<string, string> { ["build"] = "4\"2\\\n\u00e9\u200b" },
        },
        Spec = new PodSpec { Containers = containers },
    };

    public static DownwardFields Fields(params ContainerSpec[] containers) => new(Pod(containers), ["10.0.0.5", "fd00::5"], Node);

    public IReadOnlyDictionary<string, string> Environment(ContainerSpec container) =>
        new ContainerEnvironment("space", Fields(container), Objects).Of(container);

    public void ConfigMap(string name, params (string Key, string Value)[] data) => Objects.Apply(new ConfigMap
    {
        Metadata = new() { Name = name, Namespace = "space" },
        Data = data.ToDictionary(static pair => pair.Key, static pair => pair.Value),
    });

    public void Secret(string name, params (string Key, byte[] Value)[] data) => Objects.Apply(new Secret
    {
        Metadata = new() { Name = name, Namespace = "space" },
        Data = data.ToDictionary(static pair => pair.Key, static pair => Convert.ToBase64String(pair.Value)),
    });

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
