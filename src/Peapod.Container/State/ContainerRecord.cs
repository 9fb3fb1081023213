using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Peapod.Oci.Json;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;

namespace Peapod.Container.State;

/// <summary>What is written about a container: facts that do not change. What changes is asked of the kernel.</summary>
public sealed record ContainerRecord
{
    public required string Id { get; init; }

    public required string OciVersion { get; init; }

    /// <summary>Number of its first process in the runtime's PID namespace; 0 while there is none yet.</summary>
    public int Pid { get; init; }

    /// <summary>Start of that process in clock ticks after boot (proc(5)), which tells it from a later one of that number.</summary>
    public ulong StartTime { get; init; }

    public required string Bundle { get; init; }

    public required string Rootfs { get; init; }

    /// <summary>Absolute path of its cgroup's directory; empty when it was made without one.</summary>
    public required string Cgroup { get; init; }

    /// <summary>The highest of the directories above that one that had to be made, too; null when all were there.</summary>
    public string? CgroupMissing { get; init; }

    /// <summary>The systemd unit whose cgroup that is; null when Peapod made it.</summary>
    public string? Unit { get; init; }

    /// <summary>When it was created, RFC 3339 in UTC.</summary>
    public required string Created { get; init; }

    /// <summary>User id of who created it.</summary>
    public uint Owner { get; init; }

    /// <summary>Its processes have the session keyring of the container.</summary>
    public bool HasKeyring { get; init; }

    /// <summary>Its first process is the init of a PID namespace, with which all others end.</summary>
    public bool HasPidNamespace { get; init; }

    /// <summary>Its configuration has hooks, which later commands read there.</summary>
    public bool HasHooks { get; init; }

    /// <summary>Its configuration has a group of resctrl, in which more processes go, and which is removed with it.</summary>
    public bool HasIntelRdt { get; init; }

    /// <summary>The mount of its root file system in a mount namespace that others live in, too, by its id; 0 for none.</summary>
    public ulong RootMount { get; init; }

    /// <summary>The path of that namespace; null for the creator's own.</summary>
    public string? RootNamespace { get; init; }

    /// <summary>The same with its first process.</summary>
    internal ContainerRecord Of(int pid) => this with { Pid = pid, StartTime = ProcessIdentity.TryOf(pid)?.StartTime ?? 0 };

    /// <summary>"NUMBER START" of its first process.</summary>
    internal byte[] FormatProcess() => WholeText.Format(string.Create(CultureInfo.InvariantCulture, $"{Pid} {StartTime}"));

    /// <param name="process">What <see cref="FormatProcess"/> gives.</param>
    /// <exception cref="FormatException">It is something else.</exception>
    internal static ProcessIdentity ParseProcess(ReadOnlySpan<byte> process)
    {
        return WholeText.Parse(process).Split(' ') is [var number, var ticks]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0
            && ulong.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            ? new(pid, start)
            : throw new FormatException("it does not hold the number of a process and its start");
    }

    internal byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = MinimalEncoder.Instance }))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, Id);
            writer.WriteString("ociVersion"u8, OciVersion);
            writer.WriteString("bundle"u8, Bundle);
            writer.WriteString("rootfs"u8, Rootfs);
            writer.WriteString("cgroup"u8, Cgroup);
            if (CgroupMissing is not null)
            {
                writer.WriteString("cgroupMissing"u8, CgroupMissing);
            }

            if (Unit is not null)
            {
                writer.WriteString("unit"u8, Unit);
            }

            writer.WriteString("created"u8, Created);
            writer.WriteNumber("owner"u8, Owner);
            writer.WriteBoolean("keyring"u8, HasKeyring);
            writer.WriteBoolean("pidNamespace"u8, HasPidNamespace);
            writer.WriteBoolean("hooks"u8, HasHooks);
            writer.WriteBoolean("intelRdt"u8, HasIntelRdt);
            if (RootMount != 0)
            {
                writer.WriteNumber("rootMount"u8, RootMount);
                if (RootNamespace is not null)
                {
                    writer.WriteString("rootNamespace"u8, RootNamespace);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <param name="json">The file.</param>
    /// <param name="folder">The id of whose folder it is in.</param>
    /// <exception cref="FormatException">Not that container's record.</exception>
    internal static ContainerRecord Parse(ReadOnlySpan<byte> json, string folder)
    {
        try
        {
            var record = Parse(json);
            return record.Id == folder ? record : throw new FormatException("it is another container's");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("it is not what was written there", e);
        }
    }

    private static ContainerRecord Parse(ReadOnlySpan<byte> json)
    {
        string? id = null, version = null, bundle = null, rootfs = null, cgroup = null, missing = null, unit = null, created = null, rootNamespace = null;
        ulong rootMount = 0;
        uint owner = 0;
        bool keyring = false, pidNamespace = false, hooks = false, rdt = false;
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("no object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "id": id = reader.GetString(); break;
                case "ociVersion": version = reader.GetString(); break;
                case "bundle": bundle = reader.GetString(); break;
                case "rootfs": rootfs = reader.GetString(); break;
                case "cgroup": cgroup = reader.GetString(); break;
                case "cgroupMissing": missing = reader.GetString(); break;
                case "unit": unit = reader.GetString(); break;
                case "created": created = reader.GetString(); break;
                case "owner": owner = reader.GetUInt32(); break;
                case "keyring": keyring = reader.GetBoolean(); break;
                case "pidNamespace": pidNamespace = reader.GetBoolean(); break;
                case "hooks": hooks = reader.GetBoolean(); break;
                case "intelRdt": rdt = reader.GetBoolean(); break;
                case "rootMount": rootMount = reader.GetUInt64(); break;
                case "rootNamespace": rootNamespace = reader.GetString(); break;
                default: reader.Skip(); break;
            }
        }

        return new ContainerRecord
        {
            Id = id ?? throw new JsonException("no id"),
            OciVersion = version ?? "",
            Bundle = bundle ?? "",
            Rootfs = rootfs ?? "",
            Cgroup = cgroup ?? "",
            CgroupMissing = missing,
            Unit = unit,
            Created = created ?? "",
            Owner = owner,
            HasKeyring = keyring,
            HasPidNamespace = pidNamespace,
            HasHooks = hooks,
            HasIntelRdt = rdt,
            RootMount = rootMount,
            RootNamespace = rootNamespace,
        };
    }
}
