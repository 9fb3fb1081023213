namespace Peapod.Container.Criu;

/// <summary>criu_opts of criu's rpc.proto, those of its fields that a container's dump or restore sets. What is left out has criu's default.</summary>
internal sealed record CriuOptions
{
    private const int AllMessages = 4;

    /// <summary>Descriptors of this process, which criu opens by /proc.</summary>
    internal required int ImagesFd { get; init; }

    internal int? WorkFd { get; init; }

    /// <summary>The process whose tree is dumped.</summary>
    internal int? Pid { get; init; }

    /// <summary>A name in the work folder.</summary>
    internal required string LogFile { get; init; }

    /// <summary>The root file system; a mount point when it is restored.</summary>
    internal string? Root { get; init; }

    internal bool LeaveRunning { get; init; }

    internal bool ExtUnixSk { get; init; }

    internal bool TcpEstablished { get; init; }

    internal bool TcpSkipInFlight { get; init; }

    internal bool ShellJob { get; init; }

    internal bool FileLocks { get; init; }

    internal bool LinkRemap { get; init; }

    internal bool AutoDedup { get; init; }

    internal bool LazyPages { get; init; }

    /// <summary>Devices whose path names another one now are opened by what criu has saved of them.</summary>
    internal bool EvasiveDevices { get; init; }

    /// <summary>The restored tree becomes a child of criu's parent.</summary>
    internal bool RestoreSibling { get; init; }

    /// <summary>Track which pages change after this dump.</summary>
    internal bool TrackMemory { get; init; }

    /// <summary>The images before these, from the images' folder.</summary>
    internal string? ParentImages { get; init; }

    internal (string Address, int Port)? PageServer { get; init; }

    /// <summary>Mounts whose propagation comes from outside are no failure.</summary>
    internal bool ExternalMasters { get; init; }

    /// <summary>Mounts that are not the image's: when dumped, the mount point and the name it gets; when restored, that name and the source.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> ExternalMounts { get; init; } = [];

    /// <summary>"net[inode]:name": what is not dumped, by the name that a descriptor has when it is restored.</summary>
    internal IReadOnlyList<string> External { get; init; } = [];

    /// <summary>Descriptors that criu has from us, by the names of what they stand for in the image.</summary>
    internal IReadOnlyList<KeyValuePair<string, int>> InheritedFds { get; init; } = [];

    /// <summary>Namespaces that are there: "uts" and a path.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> JoinedNamespaces { get; init; } = [];

    /// <summary>CLONE_NEW* of namespaces whose content is not the image's.</summary>
    internal ulong EmptyNamespaces { get; init; }

    internal CgroupsMode CgroupsMode { get; init; } = CgroupsMode.Default;

    /// <summary>Where the image's cgroups are put, from the hierarchy's root.</summary>
    internal string? CgroupRoot { get; init; }

    /// <summary>The cgroup's directory, by which all is stopped at once.</summary>
    internal string? FreezeCgroup { get; init; }

    internal string? ConfigFile { get; init; }

    internal string? LsmProfile { get; init; }

    internal string? LsmMountContext { get; init; }

    /// <summary>The numbers are those of rpc.proto.</summary>
    internal ProtobufWriter Encode()
    {
        var writer = new ProtobufWriter();
        writer.Number(1, ImagesFd);
        if (Pid is { } pid)
        {
            writer.Number(2, pid);
        }

        writer.Flag(3, LeaveRunning);
        writer.Flag(4, ExtUnixSk);
        writer.Flag(5, TcpEstablished);
        writer.Flag(6, EvasiveDevices);
        writer.Flag(7, ShellJob);
        writer.Flag(8, FileLocks);
        writer.Number(9, AllMessages);
        writer.Text(10, LogFile);
        if (PageServer is { } server)
        {
            var message = new ProtobufWriter();
            message.Text(1, server.Address);
            message.Number(2, server.Port);
            writer.Message(11, message);
        }

        writer.Flag(12, true); // notify_scripts
        writer.Text(13, Root);
        writer.Text(14, ParentImages);
        writer.Flag(15, TrackMemory);
        writer.Flag(16, AutoDedup);
        if (WorkFd is { } work)
        {
            writer.Number(17, work);
        }

        writer.Flag(18, LinkRemap);
        Pairs(writer, 23, ExternalMounts);
        writer.Flag(24, true); // manage_cgroups, for a criu that does not know the mode
        if (CgroupRoot is not null)
        {
            var message = new ProtobufWriter();
            message.Text(1, "");
            message.Text(2, CgroupRoot);
            writer.Message(25, message);
        }

        writer.Flag(26, RestoreSibling);
        foreach (var (key, fd) in InheritedFds)
        {
            var message = new ProtobufWriter();
            message.Text(1, key);
            message.Number(2, fd);
            writer.Message(27, message);
        }

        writer.Flag(30, ExternalMasters);
        writer.Number(34, (int)CgroupsMode);
        foreach (var external in External)
        {
            writer.Text(37, external);
        }

        writer.Number(38, (long)EmptyNamespaces);
        Pairs(writer, 39, JoinedNamespaces);
        writer.Text(44, FreezeCgroup);
        writer.Flag(46, TcpSkipInFlight);
        writer.Flag(48, LazyPages);
        writer.Flag(50, true); // orphan_pts_master
        writer.Text(51, ConfigFile);
        writer.Text(53, LsmProfile);
        writer.Text(63, LsmMountContext);
        return writer;
    }

    private static void Pairs(ProtobufWriter writer, int field, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        foreach (var (key, value) in pairs)
        {
            var message = new ProtobufWriter();
            message.Text(1, key);
            message.Text(2, value);
            writer.Message(field, message);
        }
    }
}
