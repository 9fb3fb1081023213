using System.CommandLine;
using System.Globalization;
using Peapod.Container;
using Peapod.Container.Cgroups;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>update</c>: other limits for a container that is there.</summary>
internal sealed class UpdateCommand
{
    private const string Prefix = "linux.resources.";

    /// <summary>The flags that set one field each, with the field below linux.resources.</summary>
    private static readonly (string Flag, string Field, string Description)[] Flags =
    [
        ("--blkio-weight", "blockIO.weight", "weight of block IO, 10 to 1000"),
        ("--cpu-period", "cpu.period", "period of the CPU limit in microseconds"),
        ("--cpu-quota", "cpu.quota", "CPU time in each period in microseconds"),
        ("--cpu-burst", "cpu.burst", "CPU time that may be saved up, in microseconds"),
        ("--cpu-share", "cpu.shares", "CPU weight against other containers, 2 to 262144"),
        ("--cpu-rt-period", "cpu.realtimePeriod", "cgroup v1 only"),
        ("--cpu-rt-runtime", "cpu.realtimeRuntime", "cgroup v1 only"),
        ("--cpuset-cpus", "cpu.cpus", "CPUs to use, as 0-3,7"),
        ("--cpuset-mems", "cpu.mems", "memory nodes to use"),
        ("--memory", "memory.limit", "memory limit in bytes, or with a unit (512m); -1 for none"),
        ("--cpu-idle", "cpu.idle", "1 for SCHED_IDLE, 0 for none"),
        ("--memory-reservation", "memory.reservation", "memory that is kept from reclaim, in bytes"),
        ("--memory-swap", "memory.swap", "memory and swap together, in bytes; -1 for no limit"),
        ("--pids-limit", "pids.limit", "number of processes"),
    ];

    private readonly GlobalOptions globals;
    private readonly Argument<string> id = LifecycleCommands.Id();
    private readonly Option<string?> resources = new("--resources", "-r") { Description = "JSON file of linux.resources, or - for standard input; but for those of Intel RDT, other flags are ignored then" };
    private readonly Option<string?> cache = new("--l3-cache-schema") { Description = "Intel RDT's L3 cache, as L3:0=7f0;1=1f" };
    private readonly Option<string?> bandwidth = new("--mem-bw-schema") { Description = "Intel RDT's memory bandwidth, as MB:0=20;1=70" };
    private readonly Option<string?>[] options = Array.ConvertAll(Flags, static flag => new Option<string?>(flag.Flag) { Description = flag.Description });

    private UpdateCommand(GlobalOptions globals) => this.globals = globals;

    internal static Command Make(GlobalOptions globals)
    {
        var self = new UpdateCommand(globals);
        var command = new Command("update", "change a container's limits") { self.id, self.resources, self.cache, self.bandwidth };
        foreach (var option in self.options)
        {
            command.Options.Add(option);
        }

        command.SetAction(self.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var container = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!);
        var file = parsed.GetValue(resources);
        Func<string, string> nameOf = file is { Length: > 0 } ? field => IsOfFile(field) ? $"--resources: {file}: {Below(field)}" : FlagOf(field) : FlagOf;
        var update = file is { Length: > 0 } ? ReadFile(file) : FromFlags(parsed);
        try
        {
            SpecValidator.ValidateResources(update);
        }
        catch (SpecException e)
        {
            throw new ContainerException($"{nameOf(e.Field)}: {e.Reason}", 1, e);
        }

        container.Update(update, Schemas(parsed), nameOf);
        return 0;
    }

    private LinuxIntelRdt? Schemas(ParseResult parsed)
    {
        var (l3, mb) = (parsed.GetValue(cache), parsed.GetValue(bandwidth));
        return string.IsNullOrEmpty(l3) && string.IsNullOrEmpty(mb) ? null : new LinuxIntelRdt
        {
            L3CacheSchema = string.IsNullOrEmpty(l3) ? null : l3,
            MemBwSchema = string.IsNullOrEmpty(mb) ? null : mb,
        };
    }

    private static string Below(string field) => field.StartsWith(Prefix, StringComparison.Ordinal) ? field[Prefix.Length..] : field;

    private static string FlagOf(string field)
    {
        foreach (var flag in Flags)
        {
            if (flag.Field == Below(field))
            {
                return flag.Flag;
            }
        }

        return field switch
        {
            "linux.intelRdt.l3CacheSchema" => "--l3-cache-schema",
            "linux.intelRdt.memBwSchema" => "--mem-bw-schema",
            _ => $"config.json: {field}",
        };
    }

    /// <summary>A field below linux.resources, or of a document that holds nothing else.</summary>
    private static bool IsOfFile(string field) => !field.StartsWith("linux.intelRdt", StringComparison.Ordinal);

    private static LinuxResources ReadFile(string file)
    {
        try
        {
            return LinuxResources.Parse(FileSystem.ReadInput(file, Spec.LargestDocument));
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--resources: cannot read \"{file}\": {InputFailure.Reason(e)}", 1, e);
        }
        catch (SpecException e)
        {
            throw new ContainerException($"--resources: {file}: {e.Message}", 1, e);
        }
    }

    private LinuxResources FromFlags(ParseResult parsed)
    {
        return new LinuxResources
        {
            BlockIO = new LinuxBlockIO { Weight = Weight(parsed) },
            Cpu = new LinuxCpu
            {
                Period = Unsigned(parsed, "--cpu-period"),
                Quota = Signed(parsed, "--cpu-quota"),
                Burst = Unsigned(parsed, "--cpu-burst"),
                Shares = Unsigned(parsed, "--cpu-share"),
                RealtimePeriod = Unsigned(parsed, "--cpu-rt-period"),
                RealtimeRuntime = Signed(parsed, "--cpu-rt-runtime"),
                Cpus = Text(parsed, "--cpuset-cpus"),
                Mems = Text(parsed, "--cpuset-mems"),
                Idle = Signed(parsed, "--cpu-idle"),
            },
            Memory = new LinuxMemory
            {
                Limit = Bytes(parsed, "--memory"),
                Reservation = Bytes(parsed, "--memory-reservation"),
                Swap = Bytes(parsed, "--memory-swap"),
            },
            Pids = new LinuxPids { Limit = Signed(parsed, "--pids-limit") },
        };
    }

    private string? Text(ParseResult parsed, string flag)
    {
        for (var i = 0; i < Flags.Length; i++)
        {
            if (Flags[i].Flag == flag)
            {
                return parsed.GetValue(options[i]) is { Length: > 0 } text ? text : null;
            }
        }

        return null;
    }

    private ushort? Weight(ParseResult parsed) => Unsigned(parsed, "--blkio-weight") switch
    {
        null => null,
        <= ushort.MaxValue and var weight => (ushort)weight,
        var weight => throw new ContainerException($"--blkio-weight: {weight} is out of range (10 to 1000)"),
    };

    private ulong? Unsigned(ParseResult parsed, string flag) => Text(parsed, flag) is not { } text ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
        : throw new ContainerException($"invalid value for {flag[2..]}: \"{text}\" is not a whole number from 0 on");

    private long? Signed(ParseResult parsed, string flag) => Text(parsed, flag) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw new ContainerException($"invalid value for {flag[2..]}: \"{text}\" is not a whole number");

    private long? Bytes(ParseResult parsed, string flag) => Text(parsed, flag) is not { } text ? null
        : MemorySize.TryParse(text, out var value) ? value
        : throw new ContainerException($"invalid value for {flag[2..]}: \"{text}\" is not a size such as 512m, nor -1");
}
