using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Peapod.Oci.Json;

namespace Peapod.Container.Cgroups;

/// <summary>A cgroup's usage as the event of type stats that runc's <c>events</c> prints. Pure: files come from a function.</summary>
public sealed class CgroupStatistics
{
    private static readonly string[] CpusetNumbers =
    [
        "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure",
        "sched_load_balance", "sched_relax_domain_level",
    ];

    private readonly Func<string, string?> read;
    private readonly IReadOnlyList<string> pageSizes;
    private readonly int processes;

    /// <param name="read">Content of one of the cgroup's files, or null when it is not there.</param>
    /// <param name="pageSizes">The sizes of huge pages that the cgroup limits, as 2MB.</param>
    /// <param name="processes">How many processes there are, for a cgroup without the pids controller.</param>
    public CgroupStatistics(Func<string, string?> read, IReadOnlyList<string> pageSizes, int processes)
    {
        this.read = read;
        this.pageSizes = pageSizes;
        this.processes = processes;
    }

    /// <summary>The event of type oom.</summary>
    public static byte[] OomEvent(string id) => Event("oom", id, null);

    /// <summary>The event of type stats, without a line end.</summary>
    public byte[] StatsEvent(string id) => Event("stats", id, WriteData);

    private static byte[] Event(string type, string id, Action<Utf8JsonWriter>? data)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = MinimalEncoder.Instance }))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            writer.WriteString("id"u8, id);
            if (data is not null)
            {
                writer.WriteStartObject("data"u8);
                data(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteData(Utf8JsonWriter writer)
    {
        WriteCpu(writer);
        writer.WriteStartObject("cpuset"u8);
        foreach (var name in CpusetNumbers)
        {
            // They are of cgroup v1; runc writes them all the same.
            writer.WriteNumber(name, 0);
        }

        writer.WriteEndObject();
        WriteMemory(writer);
        WritePids(writer);
        WriteBlockIO(writer);
        writer.WriteStartObject("hugetlb"u8);
        foreach (var size in pageSizes)
        {
            writer.WriteStartObject(size);
            WriteUnlessZero(writer, "usage", Number($"hugetlb.{size}.rsvd.current") ?? Number($"hugetlb.{size}.current") ?? 0);
            writer.WriteNumber("failcnt"u8, Value($"hugetlb.{size}.events", "max"));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteStartObject("intel_rdt"u8);
        writer.WriteEndObject();
        writer.WriteNull("network_interfaces"u8);
    }

    private void WriteCpu(Utf8JsonWriter writer)
    {
        const ulong nanosecondsPerMicrosecond = 1000;
        writer.WriteStartObject("cpu"u8);
        writer.WriteStartObject("usage"u8);
        WriteUnlessZero(writer, "total", Value("cpu.stat", "usage_usec") * nanosecondsPerMicrosecond);
        writer.WriteNumber("kernel"u8, Value("cpu.stat", "system_usec") * nanosecondsPerMicrosecond);
        writer.WriteNumber("user"u8, Value("cpu.stat", "user_usec") * nanosecondsPerMicrosecond);
        writer.WriteEndObject();
        writer.WriteStartObject("throttling"u8);
        WriteUnlessZero(writer, "periods", Value("cpu.stat", "nr_periods"));
        WriteUnlessZero(writer, "throttledPeriods", Value("cpu.stat", "nr_throttled"));
        WriteUnlessZero(writer, "throttledTime", Value("cpu.stat", "throttled_usec") * nanosecondsPerMicrosecond);
        writer.WriteEndObject();
        WritePressure(writer, "cpu.pressure");
        writer.WriteEndObject();
    }

    private void WriteMemory(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("memory"u8);
        WriteUnlessZero(writer, "cache", Value("memory.stat", "file"));
        var usage = Number("memory.current") ?? 0;
        var limit = Number("memory.max") ?? 0;
        WriteEntry(writer, "usage", limit, usage, Number("memory.peak") ?? 0);

        // To callers the swap counts the memory, as in v1.
        var swapLimit = Number("memory.swap.max") ?? 0;
        var both = swapLimit == ulong.MaxValue || limit == ulong.MaxValue ? ulong.MaxValue : swapLimit + limit;
        WriteEntry(writer, "swap", both, (Number("memory.swap.current") ?? 0) + usage, 0);
        WriteEntry(writer, "kernel", 0, 0, 0);
        WriteEntry(writer, "kernelTCP", 0, 0, 0);
        var lines = Lines("memory.stat");
        if (lines.Length > 0)
        {
            Array.Sort(lines, StringComparer.Ordinal);
            writer.WriteStartObject("raw"u8);
            foreach (var line in lines)
            {
                var space = line.IndexOf(' ');
                writer.WriteNumber(line[..space], ulong.Parse(line.AsSpan(space + 1), CultureInfo.InvariantCulture));
            }

            writer.WriteEndObject();
        }

        WritePressure(writer, "memory.pressure");
        writer.WriteEndObject();
    }

    private void WritePids(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("pids"u8);
        WriteUnlessZero(writer, "current", Number("pids.current") ?? (ulong)processes);
        WriteUnlessZero(writer, "limit", Number("pids.max") is { } limit and not ulong.MaxValue ? limit : 0);
        writer.WriteEndObject();
    }

    private void WriteBlockIO(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("blkio"u8);
        WriteDevices(writer, "ioServiceBytesRecursive", "rbytes", "wbytes");
        WriteDevices(writer, "ioServicedRecursive", "rios", "wios");
        WritePressure(writer, "io.pressure");
        writer.WriteEndObject();
    }

    /// <summary>io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".</summary>
    private void WriteDevices(Utf8JsonWriter writer, string name, string readKey, string writeKey)
    {
        var begun = false;
        foreach (var line in Lines("io.stat"))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var colon = fields[0].IndexOf(':');
            for (var i = 1; i < fields.Length && colon > 0; i++)
            {
                var equals = fields[i].IndexOf('=');
                var key = equals < 0 ? "" : fields[i][..equals];
                if (key != readKey && key != writeKey)
                {
                    continue;
                }

                if (!begun)
                {
                    writer.WriteStartArray(name);
                    begun = true;
                }

                writer.WriteStartObject();
                WriteUnlessZero(writer, "major", ulong.Parse(fields[0].AsSpan(0, colon), CultureInfo.InvariantCulture));
                WriteUnlessZero(writer, "minor", ulong.Parse(fields[0].AsSpan(colon + 1), CultureInfo.InvariantCulture));
                writer.WriteString("op"u8, key == readKey ? "Read" : "Write");
                WriteUnlessZero(writer, "value", ulong.Parse(fields[i].AsSpan(equals + 1), CultureInfo.InvariantCulture));
                writer.WriteEndObject();
            }
        }

        if (begun)
        {
            writer.WriteEndArray();
        }
    }

    /// <summary>"some avg10=0.00 avg60=0.00 avg300=0.00 total=0"; nothing on a kernel without pressure stall information.</summary>
    private void WritePressure(Utf8JsonWriter writer, string file)
    {
        var lines = Lines(file);
        if (lines.Length == 0)
        {
            return;
        }

        writer.WriteStartObject("psi"u8);
        foreach (var line in lines)
        {
            var fields = line.Split(' ');
            writer.WriteStartObject(fields[0]);
            for (var i = 1; i < fields.Length; i++)
            {
                var equals = fields[i].IndexOf('=');
                var value = fields[i].AsSpan(equals + 1);
                if (fields[i].StartsWith("total=", StringComparison.Ordinal))
                {
                    writer.WriteNumber("total"u8, ulong.Parse(value, CultureInfo.InvariantCulture));
                }
                else
                {
                    writer.WriteNumber(fields[i].AsSpan(0, equals), double.Parse(value, CultureInfo.InvariantCulture));
                }
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter writer, string name, ulong limit, ulong usage, ulong max)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("limit"u8, limit);
        WriteUnlessZero(writer, "usage", usage);
        WriteUnlessZero(writer, "max", max);
        writer.WriteNumber("failcnt"u8, 0);
        writer.WriteEndObject();
    }

    private static void WriteUnlessZero(Utf8JsonWriter writer, string name, ulong value)
    {
        if (value != 0)
        {
            writer.WriteNumber(name, value);
        }
    }

    /// <summary>A file of one number; "max" is the largest.</summary>
    private ulong? Number(string file) => read(file) switch
    {
        null => null,
        "max" => ulong.MaxValue,
        var text => ulong.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>The number behind a key in a file of "key number" lines; 0 when it is not there.</summary>
    private ulong Value(string file, string key)
    {
        foreach (var line in Lines(file))
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal))
            {
                return ulong.Parse(line.AsSpan(key.Length + 1), CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    private string[] Lines(string file) => (read(file) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
