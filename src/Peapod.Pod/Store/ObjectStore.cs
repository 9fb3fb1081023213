using Peapod.Kernel.Files;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Store;

/// <summary>
/// The ConfigMaps, Secrets and claims of this host, one file each: <c>objects/NAMESPACE/KIND/NAME.json</c> below the data root; RuntimeClasses,
/// which have no namespace, in <c>objects/.cluster</c>.
/// Files of mode 0600 in folders of mode 0700, written whole or not at all: what is in a Secret is never readable to others.
/// </summary>
public sealed class ObjectStore(PodHost host)
{
    internal const string ConfigMaps = "configmaps";
    internal const string Secrets = "secrets";
    internal const string Claims = "persistentvolumeclaims";
    internal const string RuntimeClasses = "runtimeclasses";

    /// <summary>No namespace's name begins with a dot.</summary>
    private const string Cluster = ".cluster";
    private const string Unchanged = "unchanged";
    private const string Suffix = ".json";
    private const uint PrivateFile = 0x180; // 0600

    /// <summary>A file's name has at most 255 bytes.</summary>
    private const int LongestName = 250;

    /// <summary>Nothing is kept: what would become of objects is only told.</summary>
    public bool IsDry { get; init; }

    private string Root => $"{host.DataRoot}/objects";

    /// <summary>Keeps all objects of a manifest's files but its pods; one of the same name is replaced.</summary>
    /// <param name="documents">As read and checked.</param>
    /// <param name="told">Is told of each what became of it, as kubectl says it: <c>configmap/web created</c>.</param>
    /// <returns>The namespaces in which a ConfigMap, a Secret or a claim is another one now: pods there are to be told.</returns>
    /// <exception cref="PodException">One is immutable. Those before it are kept.</exception>
    public IReadOnlySet<string> Apply(ManifestDocuments documents, Action<string>? told = null)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var changed = new HashSet<string>();
        foreach (var map in documents.ConfigMaps)
        {
            Tell("configmap", map.Metadata, Apply(map));
        }

        foreach (var secret in documents.Secrets)
        {
            Tell("secret", secret.Metadata, Apply(secret));
        }

        foreach (var claim in documents.PersistentVolumeClaims)
        {
            Tell("persistentvolumeclaim", claim.Metadata, Apply(claim));
        }

        foreach (var runtimeClass in documents.RuntimeClasses)
        {
            told?.Invoke($"runtimeclass.node.k8s.io/{runtimeClass.Metadata.Name} {Apply(runtimeClass)}");
        }

        return changed;

        void Tell(string kind, ObjectMeta metadata, string outcome)
        {
            told?.Invoke($"{kind}/{metadata.Name} {outcome}");
            if (outcome != Unchanged)
            {
                changed.Add(metadata.Namespace!);
            }
        }
    }

    /// <returns>created, configured or unchanged.</returns>
    /// <exception cref="PodException">There is one that is immutable, and it differs.</exception>
    public string Apply(ConfigMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return Put(ConfigMaps, map.Metadata, metadata => (map with { Metadata = metadata }).ToJson(), static old => ConfigMap.Parse(old).Metadata, old => ImmutableObjects.Check(ConfigMap.Parse(old), map));
    }

    /// <inheritdoc cref="Apply(ConfigMap)"/>
    public string Apply(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return Put(Secrets, secret.Metadata, metadata => (secret with { Metadata = metadata }).ToJson(), static old => Secret.Parse(old).Metadata, old => ImmutableObjects.Check(Secret.Parse(old), secret));
    }

    /// <inheritdoc cref="Apply(ConfigMap)"/>
    public string Apply(PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return Put(Claims, claim.Metadata, metadata => (claim with { Metadata = metadata }).ToJson(), static old => PersistentVolumeClaim.Parse(old).Metadata, old => ImmutableObjects.Check(PersistentVolumeClaim.Parse(old), claim));
    }

    /// <inheritdoc cref="Apply(ConfigMap)"/>
    public string Apply(RuntimeClass runtimeClass)
    {
        ArgumentNullException.ThrowIfNull(runtimeClass);
        return Put(RuntimeClasses, runtimeClass.Metadata with { Namespace = Cluster }, metadata => (runtimeClass with { Metadata = metadata with { Namespace = null } }).ToJson(), static old => RuntimeClass.Parse(old).Metadata, old => ImmutableObjects.Check(RuntimeClass.Parse(old), runtimeClass));
    }

    /// <summary>Keeps an object that is not there yet.</summary>
    /// <exception cref="PodException">It is there.</exception>
    public void Add(ConfigMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        Put(ConfigMaps, map.Metadata, metadata => (map with { Metadata = metadata }).ToJson(), static old => ConfigMap.Parse(old).Metadata, check: null);
    }

    /// <inheritdoc cref="Add(ConfigMap)"/>
    public void Add(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        Put(Secrets, secret.Metadata, metadata => (secret with { Metadata = metadata }).ToJson(), static old => Secret.Parse(old).Metadata, check: null);
    }

    /// <summary>Null when it is not there.</summary>
    /// <exception cref="DamagedStateException">It cannot be read.</exception>
    public ConfigMap? TryReadConfigMap(string podNamespace, string name) =>
        TryRead(podNamespace, ConfigMaps, name, static json => ConfigMap.Parse(json));

    /// <inheritdoc cref="TryReadConfigMap"/>
    public Secret? TryReadSecret(string podNamespace, string name) =>
        TryRead(podNamespace, Secrets, name, static json => Secret.Parse(json));

    /// <inheritdoc cref="TryReadConfigMap"/>
    public PersistentVolumeClaim? TryReadClaim(string podNamespace, string name) =>
        TryRead(podNamespace, Claims, name, static json => PersistentVolumeClaim.Parse(json));

    /// <inheritdoc cref="TryReadConfigMap"/>
    public RuntimeClass? TryReadRuntimeClass(string name) => TryRead(Cluster, RuntimeClasses, name, static json => RuntimeClass.Parse(json));

    /// <summary>The namespaces that have objects, in the order of their names.</summary>
    public IReadOnlyList<string> Namespaces() => Sorted(Root);

    /// <summary>The names of the objects of a kind, in their order.</summary>
    /// <param name="podNamespace">Their namespace; RuntimeClasses are the same in all.</param>
    /// <param name="kind">ConfigMap, Secret, PersistentVolumeClaim or RuntimeClass.</param>
    public IReadOnlyList<string> Names(string podNamespace, string kind) =>
        Sorted($"{Root}/{SpaceOf(podNamespace, kind)}/{ResourceOf(kind)}").FindAll(static file => file.Length > Suffix.Length && file.EndsWith(Suffix, StringComparison.Ordinal)).ConvertAll(static file => file[..^Suffix.Length]);

    /// <summary>Removes an object; false when it is not there. The data of a claim stay.</summary>
    public bool Remove(string podNamespace, string kind, string name)
    {
        if (!IsName(podNamespace, name) || FileSystem.TryStat(Root) is null)
        {
            return false;
        }

        using var all = FileLock.AcquireDirectory(Root);
        var folder = $"{Root}/{SpaceOf(podNamespace, kind)}/{ResourceOf(kind)}";
        var file = $"{folder}/{name}{Suffix}";
        if (FileSystem.TryStat(file, followSymlinks: false) is null)
        {
            return false;
        }

        FileTree.Remove(file);
        using var directory = FileSystem.OpenDirectory(folder);
        FileSystem.Sync(directory, folder);
        return true;
    }

    private static string SpaceOf(string podNamespace, string kind) => kind == ManifestKinds.RuntimeClass ? Cluster : podNamespace;

    private static string ResourceOf(string kind) => kind switch
    {
        ManifestKinds.ConfigMap => ConfigMaps,
        ManifestKinds.Secret => Secrets,
        ManifestKinds.PersistentVolumeClaim => Claims,
        ManifestKinds.RuntimeClass => RuntimeClasses,
        _ => throw new PodException($"kind \"{kind}\": no such objects are kept here"),
    };

    /// <summary>With the uid and the creation time of one that is there, or new ones: what a manifest says of them is dropped.</summary>
    /// <param name="kind">The folder of its kind.</param>
    /// <param name="metadata">Its name and namespace.</param>
    /// <param name="write">Makes the file's content.</param>
    /// <param name="read">Reads the metadata of one that is there.</param>
    /// <param name="check">Whether one that is there may become this one; null when there must be none.</param>
    private string Put(string kind, ObjectMeta metadata, Func<ObjectMeta, byte[]> write, Func<byte[], ObjectMeta> read, Action<byte[]>? check)
    {
        if (metadata.Name.Length > LongestName)
        {
            throw new PodException($"{kind} \"{metadata.Name}\": metadata.name: has {metadata.Name.Length} characters, at most {LongestName} are possible here");
        }

        var folder = $"{Root}/{metadata.Namespace}/{kind}";
        if (!IsDry)
        {
            FileSystem.MakeDirectories(folder, PodFolders.PrivateFolder);
        }

        using var all = IsDry ? null : FileLock.AcquireDirectory(Root);
        var (old, before) = TryReadOld($"{folder}/{metadata.Name}{Suffix}", read);
        var json = write(metadata with { Uid = before?.Uid ?? Guid.NewGuid().ToString(), CreationTimestamp = before?.CreationTimestamp ?? Timestamp.Now });
        if (old is not null)
        {
            if (check is null)
            {
                throw new PodException($"{kind} \"{metadata.Name}\" already exists");
            }

            if (old.AsSpan().SequenceEqual(json))
            {
                return Unchanged;
            }

            check(old);
        }

        if (!IsDry)
        {
            using var directory = FileSystem.OpenDirectory(folder);
            FileSystem.Replace(directory, $"{metadata.Name}{Suffix}", json, PrivateFile, durably: true);
        }

        return old is null ? "created" : "configured";
    }

    /// <summary>What a file holds, and the metadata in it. One that is damaged holds nothing any more, and is removed: a new one is as good.</summary>
    private (byte[]? Json, ObjectMeta? Metadata) TryReadOld(string file, Func<byte[], ObjectMeta> read)
    {
        try
        {
            byte[]? json = null;
            var metadata = StateFile.TryRead(file, content => read(json = content));
            return (json, metadata);
        }
        catch (DamagedStateException)
        {
            if (!IsDry)
            {
                FileTree.Remove(file);
            }

            return (null, null);
        }
    }

    private T? TryRead<T>(string podNamespace, string kind, string name, Func<byte[], T> parse)
        where T : class =>
        IsName(podNamespace, name)
            ? StateFile.TryRead($"{Root}/{podNamespace}/{kind}/{name}{Suffix}", parse, "\"peapod pod apply\" writes it anew, \"peapod pod delete\" removes it") : null;

    /// <summary>Whether it can be the name of an object: one of a pod's manifest becomes a path here.</summary>
    private static bool IsName(string podNamespace, string name) =>
        name.Length is > 0 and <= LongestName && NameRules.Dns1123Subdomain(name) is null && (podNamespace == Cluster || NameRules.Dns1123Label(podNamespace) is null);

    private static List<string> Sorted(string folder)
    {
        var names = FileSystem.TryStat(folder) is { IsDirectory: true } ? FileSystem.List(folder) : [];
        names.RemoveAll(static name => name[0] == '.');
        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
