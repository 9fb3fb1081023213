using System.CommandLine;
using System.Globalization;
using Peapod.Kernel.Interop;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Cli.Usage;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod stats</c>: what the containers of pods use, again and again.</summary>
internal sealed class StatsCommand
{
    private const string Unknown = "--";
    private const string HomeAndClear = "\u001b[H\u001b[J";

    private readonly PodSelection selection = new();
    private readonly Option<bool> noStream = new("--no-stream") { Description = "once, and no more" };
    private readonly Option<int> interval = new("--interval", "-i") { Description = "seconds between two lists", DefaultValueFactory = static _ => 2, HelpName = "SECONDS" };

    internal static Command Make()
    {
        var stats = new StatsCommand();
        var command = new Command("stats", "show what the containers of pods use, live: processor, memory, network, block devices, processes") { stats.noStream, stats.interval };
        stats.selection.AddTo(command);
        command.SetAction(stats.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var seconds = parsed.GetValue(interval) is > 0 and <= 86400 and var given ? given : throw new PodException($"--interval {parsed.GetValue(interval)}: expected from 1 to 86400 seconds");
        if (parsed.GetValue(noStream))
        {
            Console.Write(ToText(UsageSample.Take(selection.Read(parsed))));
            return 0;
        }

        var pods = selection.Read(parsed);
        var before = UsageSample.Read(pods);
        Thread.Sleep(UsageSample.Window);
        while (true)
        {
            var now = UsageSample.Read(pods);
            DescriptorWriter.Output.WriteAsIs((Libc.isatty(1) == 1 ? HomeAndClear : "") + ToText(UsageSample.Since(before, now)));
            Thread.Sleep(seconds * 1000);
            before = now;
            pods = selection.Read(parsed);
        }
    }

    internal static string ToText(List<UsageSample> samples)
    {
        var table = TabWriter.ForTable();
        table.Row("POD", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET IO", "BLOCK IO", "PIDS");
        foreach (var sample in samples)
        {
            var now = sample.Now;
            table.Row(
                now.Pod,
                now.Container,
                sample.MilliCores is { } cores ? Percent(cores / 10.0) : Unknown,
                $"{Bytes(now.Memory)} / {Bytes(now.MemoryLimit)}",
                now is { Memory: { } memory, MemoryLimit: > 0 and var limit } ? Percent(100.0 * memory / limit) : Unknown,
                $"{Bytes(now.Network?.Received)} / {Bytes(now.Network?.Sent)}",
                $"{Bytes(now.Blocks?.Read)} / {Bytes(now.Blocks?.Written)}",
                now.Processes is { } processes ? $"{processes}" : Unknown);
        }

        return table.ToText();
    }

    private static string Percent(double percent) => percent.ToString("0.00", CultureInfo.InvariantCulture) + "%";

    /// <summary>With four digits at most, and a decimal unit.</summary>
    internal static string Bytes(long? bytes)
    {
        if (bytes is not { } number)
        {
            return Unknown;
        }

        double size = number;
        var unit = 0;
        for (; size >= 999.95 && unit < 5; unit++)
        {
            size /= 1000;
        }

        return size.ToString(unit == 0 || size >= 99.95 ? "0.#" : "0.##", CultureInfo.InvariantCulture) + ((ReadOnlySpan<string>)["B", "kB", "MB", "GB", "TB", "PB"])[unit];
    }
}
