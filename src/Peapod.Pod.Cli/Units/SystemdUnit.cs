using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Units;

/// <summary>
/// A systemd service that runs what a manifest has. It begins and ends with commands, and systemd watches no process of it: a pod's supervisor is
/// no child of the command that started it, and may be replaced by another at any time. systemd.service(5).
/// </summary>
internal sealed record SystemdUnit
{
    /// <summary>Seconds that ExecStop may take beyond the pods' grace period, and a part of one for each pod.</summary>
    private const long StopMargin = 15, PodsASecond = 4;

    /// <summary>What it runs, for people.</summary>
    internal required string Description { get; init; }

    /// <summary>The peapod executable, and the flags that say where pods and images are.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>Absolute path of the manifest.</summary>
    internal required string Manifest { get; init; }

    /// <summary>Folders that must be mounted.</summary>
    internal required IReadOnlyList<string> Folders { get; init; }

    /// <summary>The longest terminationGracePeriodSeconds of the pods.</summary>
    internal required long GraceSeconds { get; init; }

    /// <summary>How many these are. Their grace periods pass at the same time, as far as <see cref="PodsAtOnce"/> goes.</summary>
    internal required int Pods { get; init; }

    private long StopSeconds => (GraceSeconds * ((Pods + PodsAtOnce.Most - 1) / PodsAtOnce.Most)) + StopMargin + (Pods / PodsASecond);

    internal string ToText()
    {
        var command = string.Join(' ', Command.Select(UnitText.Quoted));
        var manifest = UnitText.Quoted(Manifest);
        return $"""
            # Made by: peapod pod generate systemd
            [Unit]
            Description={Description.Replace("%", "%%", StringComparison.Ordinal)}
            Wants=network-online.target
            After=network-online.target local-fs.target
            RequiresMountsFor={string.Join(' ', Folders.Select(UnitText.Quoted))}

            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart={command} pod {Flags}apply -f {manifest}
            ExecReload={command} pod {Flags}apply -f {manifest}
            ExecStop={command} pod {Flags}delete --ignore-not-found --only-pods -f {manifest}
            TimeoutStartSec=infinity
            TimeoutStopSec={StopSeconds}

            [Install]
            WantedBy=multi-user.target

            """;
    }

    /// <summary>What stands between "pod" and its command.</summary>
    internal IReadOnlyList<string> PodFlags { get; init; } = [];

    private string Flags => string.Concat(PodFlags.Select(static flag => UnitText.Quoted(flag) + " "));
}
