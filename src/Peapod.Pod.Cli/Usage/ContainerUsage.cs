using System.Globalization;
using Peapod.Container.State;
using Peapod.Kernel.Files;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Usage;

/// <summary>What a container has used and uses, from its cgroup; null is what the host has no controller for. cgroups(7), cgroup-v2.rst.</summary>
/// <param name="At">When it was read (Environment.TickCount64).</param>
/// <param name="CpuMicroseconds">Since its start.</param>
/// <param name="Memory">Bytes of its working set: without the file pages that can go at once.</param>
/// <param name="MemoryLimit">Bytes; the host's memory where there is no limit.</param>
internal sealed record ContainerUsage(string Pod, string Namespace, string Container, long At, long? CpuMicroseconds, long? Memory, long? MemoryLimit, (long Read, long Written)? Blocks, (long Received, long Sent)? Network, long? Processes)
{
    private const string NoLimit = "max";

    /// <summary>The containers of a pod that run.</summary>
    internal static List<ContainerUsage> Read(PodFolders folders, IReadOnlyList<string> containers)
    {
        var store = new ContainerStore(folders.Containers);
        var network = Record(store, Sandbox.SandboxSpec.Id) is { } sandbox ? ReadNetwork(sandbox.Pid) : null;
        var found = new List<ContainerUsage>();
        foreach (var name in containers)
        {
            if (Record(store, name) is not { Cgroup.Length: > 0 } record || FileSystem.TryReadText($"{record.Cgroup}/cgroup.events") is not { } events || !events.Contains("populated 1", StringComparison.Ordinal))
            {
                continue;
            }

            found.Add(new ContainerUsage(
                folders.Name,
                folders.Namespace,
                name,
                Environment.TickCount64,
                Value(record.Cgroup, "cpu.stat", "usage_usec"),
                WorkingSet(record.Cgroup),
                Number(record.Cgroup, "memory.current") is null ? null : Number(record.Cgroup, "memory.max") ?? MemoryOfHost(),
                ReadBlocks(record.Cgroup),
                network,
                Number(record.Cgroup, "pids.current")));
        }

        return found;
    }

    /// <summary>Null, having told so, when it cannot be read.</summary>
    private static ContainerRecord? Record(ContainerStore store, string id)
    {
        try
        {
            return store.TryRead(id);
        }
        catch (DamagedContainerException e)
        {
            Output.Damages.Tell(e.Message.Split('\n')[0]);
            return null;
        }
    }

    /// <summary>Thousandths of a core between an earlier reading and this.</summary>
    internal long? MilliCores(ContainerUsage before) =>
        CpuMicroseconds is { } now && before.CpuMicroseconds is { } then && At > before.At ? (Math.Max(0, now - then) + (At - before.At) - 1) / (At - before.At) : null;

    private static long? WorkingSet(string cgroup) =>
        Number(cgroup, "memory.current") is { } current ? Math.Max(0, current - (Value(cgroup, "memory.stat", "inactive_file") ?? 0)) : null;

    private static long? Number(string cgroup, string file) =>
        FileSystem.TryReadText($"{cgroup}/{file}") is { } text && text != NoLimit && long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static long? Value(string cgroup, string file, string key)
    {
        foreach (var line in (FileSystem.TryReadText($"{cgroup}/{file}") ?? "").Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] == ' ')
            {
                return long.Parse(line.AsSpan(key.Length + 1), CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    private static long? MemoryOfHost()
    {
        foreach (var line in FileSystem.ReadText("/proc/meminfo").Split('\n'))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
            {
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return null;
    }

    /// <summary>io.stat: "8:0 rbytes=1 wbytes=2 …" for each device.</summary>
    private static (long Read, long Written)? ReadBlocks(string cgroup)
    {
        if (FileSystem.TryReadText($"{cgroup}/io.stat") is not { } text)
        {
            return null;
        }

        long read = 0, written = 0;
        foreach (var field in text.Split(' ', '\n'))
        {
            read += field.StartsWith("rbytes=", StringComparison.Ordinal) ? long.Parse(field.AsSpan(7), CultureInfo.InvariantCulture) : 0;
            written += field.StartsWith("wbytes=", StringComparison.Ordinal) ? long.Parse(field.AsSpan(7), CultureInfo.InvariantCulture) : 0;
        }

        return (read, written);
    }

    /// <summary>/proc/PID/net/dev: "eth0: bytes packets errs drop fifo frame compressed multicast bytes …"; the loopback does not count.</summary>
    private static (long Received, long Sent)? ReadNetwork(int pid)
    {
        if (FileSystem.TryReadText($"/proc/{pid}/net/dev") is not { } text)
        {
            return null;
        }

        long received = 0, sent = 0;
        foreach (var line in text.Split('\n'))
        {
            var fields = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[0] != "lo" && long.TryParse(fields[1], CultureInfo.InvariantCulture, out var bytes))
            {
                received += bytes;
                sent += long.Parse(fields[9], CultureInfo.InvariantCulture);
            }
        }

        return (received, sent);
    }
}
