using System.CommandLine;
using Peapod.Pod.Layout;
using Peapod.Pod.Logging;
using Peapod.Pod.Sandbox;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>What is for whoever runs a pod to decide, and not for its manifest.</summary>
internal sealed record PodDecisions(string[] UnsafeSysctls, long? PodPidsLimit, string? LogLevel)
{
    private static readonly Option<string[]> UnsafeSysctlOption = new("--allow-unsafe-sysctl")
    {
        Description = "let the pods set this kernel parameter of theirs, or all that begin so (kernel.msg*); repeatable", HelpName = "NAME",
    };

    private static readonly Option<long?> PidsLimitOption = new("--pod-pids-limit") { Description = "processes and threads that each pod may have", HelpName = "NUMBER" };

    private static readonly Option<string?> LogLevelOption = MakeLogLevelOption();

    internal static void AddTo(Command command)
    {
        command.Add(UnsafeSysctlOption);
        command.Add(PidsLimitOption);
        command.Add(LogLevelOption);
    }

    internal static PodDecisions Of(ParseResult parsed) => new(parsed.GetValue(UnsafeSysctlOption) ?? [], parsed.GetValue(PidsLimitOption), parsed.GetValue(LogLevelOption));

    /// <exception cref="PodException">One of them cannot be; its flag is named.</exception>
    internal void Check()
    {
        AllowedSysctls.Check(UnsafeSysctls);
        if (PodPidsLimit is < 1)
        {
            throw new PodException($"--pod-pids-limit {PodPidsLimit}: must be greater than 0");
        }
    }

    internal void Write(PodFolders folders)
    {
        AllowedSysctls.Write(folders, UnsafeSysctls);
        if (PodPidsLimit is { } limit)
        {
            PidsLimit.Write(folders, limit);
        }

        if (LogLevel is { } level)
        {
            PodLogLevel.Write(folders, level);
        }
    }

    private static Option<string?> MakeLogLevelOption()
    {
        var option = new Option<string?>("--log-level")
        {
            Description = $"how much the pods' supervisors write to their logs: {string.Join(", ", PodLogLevel.Names)}", HelpName = "LEVEL",
        };
        option.AcceptOnlyFromAmong([.. PodLogLevel.Names]);
        return option;
    }
}
