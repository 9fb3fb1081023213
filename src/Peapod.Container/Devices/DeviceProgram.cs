using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Devices;

/// <summary>
/// Which devices a cgroup's processes may use. Loading a program has the kernel verify and translate it, so the program of
/// each rule set is loaded once and pinned in bpffs under its hash; the next container with these rules only attaches it.
/// </summary>
internal static unsafe class DeviceProgram
{
    private const int BPF_PROG_LOAD = 5;
    private const int BPF_OBJ_PIN = 6;
    private const int BPF_OBJ_GET = 7;
    private const int BPF_PROG_ATTACH = 8;
    private const int BPF_PROG_GET_FD_BY_ID = 13;
    private const int BPF_PROG_QUERY = 16;
    private const int BPF_OBJ_GET_INFO_BY_FD = 15;
    private const int MaximumPrograms = 64;
    private const int NameLength = 16;
    private const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    private const uint BPF_CGROUP_DEVICE = 6;
    private const uint BPF_F_ALLOW_MULTI = 2;
    private const uint BPF_F_REPLACE = 4;
    private const long BpffsMagic = 0xcafe4a11;
    private const string Bpffs = "/sys/fs/bpf";
    private const string PinFolder = $"{Bpffs}/peapod";

    /// <summary>By which ours is known among others.</summary>
    private static ReadOnlySpan<byte> ProgramName => "peapod_devices\0"u8;

    /// <summary>Lets the cgroup use what the rules allow; no rules leave it as it is.</summary>
    internal static void Attach(SafeFd cgroup, IReadOnlyList<LinuxDeviceCgroup>? rules)
    {
        if (DeviceRules.Compile(rules) is not { } program)
        {
            return;
        }

        try
        {
            using var loaded = GetPinned(program) ?? LoadAndPin(program);
            Attach(cgroup, loaded, replaced: null);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"config.json: linux.resources.devices: cannot attach the device program: {e.Message}", 1, e);
        }
    }

    /// <summary>Puts the rules in the place of those that are attached, in one step: at no time is more allowed than before or after.</summary>
    internal static void Replace(SafeFd cgroup, IReadOnlyList<LinuxDeviceCgroup> rules)
    {
        if (DeviceRules.Compile(rules) is not { } program)
        {
            return;
        }

        using var loaded = GetPinned(program) ?? LoadAndPin(program);
        using var attached = Attached(cgroup);
        Attach(cgroup, loaded, attached);
    }

    /// <summary>Loads a program that allows nothing and attaches it; it is pinned nowhere, and ends with the cgroup.</summary>
    internal static string Try(SafeFd cgroup)
    {
        using var loaded = Load(DeviceRules.Compile([new() { Allow = false, Access = "rwm" }]));
        Attach(cgroup, loaded, replaced: null);
        return Libc.statfs(Bpffs, out var status) == 0 && status.Type == BpffsMagic ? "" : $"no bpffs at {Bpffs}: it is loaded anew for each container";
    }

    private static void Attach(SafeFd cgroup, SafeFd program, SafeFd? replaced)
    {
        var attach = new AttachAttributes
        {
            Target = (uint)cgroup.Number,
            Program = (uint)program.Number,
            Type = BPF_CGROUP_DEVICE,
            Flags = BPF_F_ALLOW_MULTI | (replaced is null ? 0 : BPF_F_REPLACE),
            Replaced = (uint)(replaced?.Number ?? 0),
        };
        KernelException.Check(Libc.bpf(BPF_PROG_ATTACH, &attach, (uint)sizeof(AttachAttributes)), "bpf(BPF_PROG_ATTACH)");
    }

    /// <summary>Our program among those that the cgroup itself has, or null; systemd attaches one of its own to a scope.</summary>
    private static SafeFd? Attached(SafeFd cgroup)
    {
        var ids = stackalloc uint[MaximumPrograms];
        var query = new QueryAttributes { Target = (uint)cgroup.Number, Type = BPF_CGROUP_DEVICE, Ids = (ulong)ids, Count = MaximumPrograms };
        KernelException.Check(Libc.bpf(BPF_PROG_QUERY, &query, (uint)sizeof(QueryAttributes)), "bpf(BPF_PROG_QUERY)");
        for (var i = 0; i < query.Count; i++)
        {
            var get = new IdAttributes { Id = ids[i] };
            var program = SafeFd.Check(Libc.bpf(BPF_PROG_GET_FD_BY_ID, &get, (uint)sizeof(IdAttributes)), "bpf(BPF_PROG_GET_FD_BY_ID)");
            if (IsOurs(program))
            {
                return program;
            }

            program.Dispose();
        }

        return null;
    }

    private static bool IsOurs(SafeFd program)
    {
        // struct bpf_prog_info: the name stands at byte 64.
        const int nameOffset = 64;
        var info = stackalloc byte[nameOffset + NameLength];
        new Span<byte>(info, nameOffset + NameLength).Clear();
        var get = new InfoAttributes { Program = (uint)program.Number, Length = nameOffset + NameLength, Info = (ulong)info };
        KernelException.Check(Libc.bpf(BPF_OBJ_GET_INFO_BY_FD, &get, (uint)sizeof(InfoAttributes)), "bpf(BPF_OBJ_GET_INFO_BY_FD)");
        return new ReadOnlySpan<byte>(info + nameOffset, NameLength).StartsWith(ProgramName);
    }

    private static SafeFd? GetPinned(ReadOnlySpan<BpfInstruction> program)
    {
        var path = stackalloc byte[128];
        Name(program, new Span<byte>(path, 128));
        var attributes = new ObjectAttributes { Path = (ulong)path };
        var fd = Libc.bpf(BPF_OBJ_GET, &attributes, (uint)sizeof(ObjectAttributes));
        return fd < 0 ? null : new SafeFd(fd);
    }

    private static SafeFd LoadAndPin(ReadOnlySpan<BpfInstruction> program)
    {
        var loaded = Load(program);
        if (Libc.statfs(Bpffs, out var status) == 0 && status.Type == BpffsMagic)
        {
            // Without a pin it works all the same, only slower; two that race pin the same program.
            Libc.mkdirat(Libc.AT_FDCWD, PinFolder, 0x1c0);
            var path = stackalloc byte[128];
            Name(program, new Span<byte>(path, 128));
            var attributes = new ObjectAttributes { Path = (ulong)path, Fd = (uint)loaded.Number };
            Libc.bpf(BPF_OBJ_PIN, &attributes, (uint)sizeof(ObjectAttributes));
        }

        return loaded;
    }

    private static SafeFd Load(ReadOnlySpan<BpfInstruction> program)
    {
        fixed (BpfInstruction* instructions = program)
        fixed (byte* license = "GPL\0"u8)
        {
            var attributes = new LoadAttributes
            {
                Type = BPF_PROG_TYPE_CGROUP_DEVICE,
                InstructionCount = (uint)program.Length,
                Instructions = (ulong)instructions,
                License = (ulong)license,
            };
            ProgramName.CopyTo(new Span<byte>(attributes.Name, NameLength));
            return SafeFd.Check(Libc.bpf(BPF_PROG_LOAD, &attributes, (uint)sizeof(LoadAttributes)), "bpf(BPF_PROG_LOAD)");
        }
    }

    /// <summary>The pin's path: two independent 64-bit FNV-1a hashes of the instructions, in a folder that only root can write.</summary>
    private static void Name(ReadOnlySpan<BpfInstruction> program, Span<byte> path)
    {
        ulong first = 14695981039346656037, second = 0x9e3779b97f4a7c15;
        foreach (var value in MemoryMarshal.AsBytes(program))
        {
            first = (first ^ value) * 1099511628211;
            second = (second ^ value) * 0x100000001b3;
            second ^= second >> 29;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{PinFolder}/device-rules-{first:x16}{second:x16}");
        path[Encoding.ASCII.GetBytes(name, path)] = 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LoadAttributes
    {
        internal uint Type;
        internal uint InstructionCount;
        internal ulong Instructions;
        internal ulong License;
        private uint logLevel;
        private uint logSize;
        private ulong logBuffer;
        private uint kernelVersion;
        private uint flags;
        internal fixed byte Name[NameLength];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ObjectAttributes
    {
        internal ulong Path;
        internal uint Fd;
        private uint flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttachAttributes
    {
        internal uint Target;
        internal uint Program;
        internal uint Type;
        internal uint Flags;
        internal uint Replaced;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IdAttributes
    {
        internal uint Id;
        private uint next;
        private uint flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct InfoAttributes
    {
        internal uint Program;
        internal uint Length;
        internal ulong Info;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct QueryAttributes
    {
        internal uint Target;
        internal uint Type;
        private uint queryFlags;
        private uint attachFlags;
        internal ulong Ids;
        internal uint Count;
        private uint padding;
    }
}
