using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Resctrl;

/// <summary>
/// linux.intelRdt: the group of the resctrl file system that a container's processes are in, and its monitoring group. A group
/// without a closID is the container's own and goes with it; one with a closID is shared with others and stays.
/// config-linux.md, "IntelRdt"; the kernel's filesystems/resctrl.rst.
/// </summary>
internal sealed class ResctrlGroup
{
    internal const string Field = "linux.intelRdt";

    /// <summary>The closID of the group that everything is in which nobody has put elsewhere.</summary>
    private const string Root = "/";
    private const uint DirectoryMode = 0x1ed; // 0755

    private readonly string root;
    private readonly LinuxIntelRdt rdt;
    private readonly string id;
    private readonly Func<string, string> nameOf;

    private ResctrlGroup(string root, LinuxIntelRdt rdt, string id, Func<string, string> nameOf)
    {
        this.nameOf = nameOf;
        this.root = root;
        this.rdt = rdt;
        this.id = id;
    }

    private bool IsOwn => string.IsNullOrEmpty(rdt.ClosID);

    private string Path => IsOwn ? $"{root}/{id}" : rdt.ClosID == Root ? root : $"{root}/{rdt.ClosID}";

    private string MonitoringPath => $"{Path}/mon_groups/{id}";

    /// <summary>Where resctrl is mounted, or null.</summary>
    internal static string? FindRoot()
    {
        // proc(5): "36 35 98:0 / /mount/point options - type source options"
        foreach (var line in FileSystem.ReadText("/proc/self/mountinfo").Split('\n'))
        {
            if (line.Contains(" - resctrl ", StringComparison.Ordinal))
            {
                return line.Split(' ')[4];
            }
        }

        return null;
    }

    /// <summary>The group that a container has by its configuration.</summary>
    /// <param name="root">Where resctrl is mounted, or null.</param>
    /// <param name="rdt">The configuration.</param>
    /// <param name="id">The container's id.</param>
    /// <param name="nameOf">A field as the user wrote it, for errors; null for that of config.json.</param>
    /// <exception cref="ContainerException">The host does not offer what is asked for.</exception>
    internal static ResctrlGroup Of(string? root, LinuxIntelRdt rdt, string id, Func<string, string>? nameOf = null)
    {
        nameOf ??= static field => $"config.json: {field}";
        if (root is null)
        {
            throw new ContainerException($"{nameOf(FieldOf(rdt))}: no resctrl file system is mounted on this host\n  where the CPU and the kernel have Intel RDT: mount -t resctrl resctrl /sys/fs/resctrl");
        }

        Require(nameOf, root, !string.IsNullOrEmpty(rdt.L3CacheSchema), "l3CacheSchema", "cache allocation", "L3", "L3CODE");
        Require(nameOf, root, !string.IsNullOrEmpty(rdt.MemBwSchema), "memBwSchema", "memory bandwidth allocation", "MB");
        Require(nameOf, root, rdt.EnableMonitoring, "enableMonitoring", "monitoring", "L3_MON");
        return new ResctrlGroup(root, rdt, id, nameOf);
    }

    /// <summary>The group of a container that has been created; null when resctrl was unmounted meanwhile, and its groups with it.</summary>
    internal static ResctrlGroup? TryOf(string? root, LinuxIntelRdt rdt, string id) =>
        root is null ? null : new ResctrlGroup(root, rdt, id, static field => $"config.json: {field}");

    /// <summary>Makes what is missing of it and writes the schemata.</summary>
    internal void Create(Undo undo)
    {
        var lines = Schemata.Compile(rdt);
        if (IsOwn || lines.Count > 0)
        {
            if (MakeDirectory(Path, Field, undo))
            {
                Write(lines);
            }
            else
            {
                Compare(lines);
            }
        }
        else if (FileSystem.TryStat(Path) is null)
        {
            throw new ContainerException($"{nameOf($"{Field}.closID")}: \"{rdt.ClosID}\" is not there\n  make the group \"{Path}\" first, or give the schemata that it shall have");
        }

        if (rdt.EnableMonitoring)
        {
            MakeDirectory(MonitoringPath, $"{Field}.enableMonitoring", undo);
        }
    }

    /// <summary>Puts a process into it, with all the threads that it has. What it makes later is born there.</summary>
    internal void Add(int pid)
    {
        foreach (var thread in FileSystem.List(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task")))
        {
            AddTask($"{Path}/tasks", thread);
            if (rdt.EnableMonitoring)
            {
                AddTask($"{MonitoringPath}/tasks", thread);
            }
        }
    }

    /// <summary>Writes other schemata. What they do not name stays.</summary>
    internal void Change(Undo undo)
    {
        var file = $"{Path}/schemata";
        var before = FileSystem.ReadAllBytes(file);
        undo.Add(() => WriteFile(file, before));
        Write(Schemata.Compile(rdt));
    }

    /// <summary>Removes what is the container's alone. Nothing there is nothing to do.</summary>
    internal void Remove()
    {
        if (rdt.EnableMonitoring)
        {
            FileSystem.RemoveDirectory(MonitoringPath);
        }

        if (IsOwn)
        {
            FileSystem.RemoveDirectory(Path);
        }
    }

    private static string FieldOf(LinuxIntelRdt rdt) =>
        !string.IsNullOrEmpty(rdt.L3CacheSchema) ? $"{Field}.l3CacheSchema"
        : !string.IsNullOrEmpty(rdt.MemBwSchema) ? $"{Field}.memBwSchema"
        : rdt.Schemata.Count > 0 ? $"{Field}.schemata"
        : rdt.EnableMonitoring ? $"{Field}.enableMonitoring"
        : Field;

    private static void Require(Func<string, string> nameOf, string root, bool isWanted, string field, string feature, params ReadOnlySpan<string> names)
    {
        if (!isWanted)
        {
            return;
        }

        foreach (var name in names)
        {
            if (FileSystem.TryStat($"{root}/info/{name}") is not null)
            {
                return;
            }
        }

        throw new ContainerException($"{nameOf($"{Field}.{field}")}: this host's Intel RDT has no {feature}");
    }

    private bool MakeDirectory(string path, string field, Undo undo)
    {
        try
        {
            var made = FileSystem.MakeDirectory(path, DirectoryMode);
            if (made)
            {
                undo.Add(() => FileSystem.RemoveDirectory(path));
            }

            return made;
        }
        catch (KernelException e)
        {
            var hint = e.Error == Errno.ENOSPC ? "\n  the CPU has no class of service, or no monitoring id, left" : "";
            throw new ContainerException($"{nameOf(field)}: cannot make the group \"{path}\": {KernelException.Describe(e.Error)}{hint}", 1, e);
        }
    }

    private void Write(List<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        var text = string.Join('\n', lines);
        try
        {
            WriteFile($"{Path}/schemata", Encoding.UTF8.GetBytes(text + "\n"));
        }
        catch (KernelException e)
        {
            var reason = FileSystem.TryReadText($"{root}/info/last_cmd_status");
            throw new ContainerException(
                $"{nameOf(FieldOf(rdt))}: cannot write \"{text}\" to \"{Path}/schemata\": {KernelException.Describe(e.Error)}"
                + (string.IsNullOrEmpty(reason) ? "" : $"\n  {reason.Replace("\n", "\n  ", StringComparison.Ordinal)}"), 1, e);
        }
    }

    /// <summary>A group that is there has its schemata from somebody else; to change them under its other members is not for us.</summary>
    private void Compare(List<string> lines)
    {
        if (IsOwn)
        {
            Write(lines);
        }
        else if (Schemata.FirstDifference(lines, FileSystem.ReadText($"{Path}/schemata")) is { } line)
        {
            throw new ContainerException($"{nameOf(FieldOf(rdt))}: the group \"{rdt.ClosID}\" is there and has other schemata than \"{line}\"");
        }
    }

    private void AddTask(string file, string thread)
    {
        try
        {
            WriteFile(file, Encoding.ASCII.GetBytes(thread));
        }
        catch (KernelException e) when (e.Error == Errno.ESRCH)
        {
            // It has ended meanwhile.
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{nameOf(Field)}: cannot add {thread} to \"{file}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }

    private static void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        using var file = FileSystem.Open(path, Libc.O_WRONLY | Libc.O_CREAT, 0x180);
        FileSystem.Write(file, content, path);
    }
}
