namespace Peapod.Pod.Cli.Units;

/// <summary>A systemd service for all pods of the host: at boot it starts those again that ran when the host went down, which it stops within their grace periods.</summary>
internal sealed record HostUnit
{
    /// <summary>The peapod executable.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>What stands between "pod" and its command.</summary>
    internal required IReadOnlyList<string> PodFlags { get; init; }

    /// <summary>The data root, which must be mounted.</summary>
    internal required string Folder { get; init; }

    internal string ToText()
    {
        var pod = string.Join(' ', ((string[])[.. Command, "pod", .. PodFlags]).Select(UnitText.Quoted));
        return $"""
            # Made by: peapod pod generate systemd --all
            [Unit]
            Description=Kubernetes pods of this host (Peapod)
            Wants=network-online.target
            After=network-online.target local-fs.target
            RequiresMountsFor={UnitText.Quoted(Folder)}

            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart={pod} start --all
            ExecStop={pod} stop --all --until-boot
            TimeoutStartSec=infinity
            TimeoutStopSec=infinity

            [Install]
            WantedBy=multi-user.target

            """;
    }
}
