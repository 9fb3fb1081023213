using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Description;

/// <summary>The containers of a pod as <c>kubectl describe pod</c> shows them.</summary>
internal static class ContainerDescription
{
    internal static void WriteAll(DescriptionWriter writer, string title, IReadOnlyList<ContainerSpec> containers, IReadOnlyList<ContainerStatus> statuses, PodView pod, string nodeName)
    {
        writer.Line(0, $"{title}:");
        foreach (var container in containers)
        {
            Write(writer, container, Find(statuses, container.Name), pod, nodeName);
        }
    }

    internal static void Resources(DescriptionWriter writer, int level, ResourceRequirements resources)
    {
        Amounts("Limits", resources.Limits);
        Amounts("Requests", resources.Requests);

        void Amounts(string title, IReadOnlyDictionary<string, Quantity>? amounts)
        {
            var keys = DescriptionWriter.SortedKeys(amounts);
            if (keys.Count > 0)
            {
                writer.Line(level, $"{title}:");
            }

            foreach (var key in keys)
            {
                writer.Field(level + 1, key, $"{amounts![key]}");
            }
        }
    }

    private static ContainerStatus? Find(IReadOnlyList<ContainerStatus> statuses, string name)
    {
        foreach (var status in statuses)
        {
            if (status.Name == name)
            {
                return status;
            }
        }

        return null;
    }

    private static void Write(DescriptionWriter writer, ContainerSpec container, ContainerStatus? status, PodView pod, string nodeName)
    {
        writer.Line(1, $"{container.Name}:");
        if (status is not null)
        {
            writer.Field(2, "Container ID", status.ContainerId ?? "");
        }

        writer.Field(2, "Image", container.Image);
        if (status is not null)
        {
            writer.Field(2, "Image ID", status.ImageId);
        }

        Ports(writer, container.Ports);
        if (container.SecurityContext?.SeccompProfile is { } seccomp)
        {
            PodDescription.Seccomp(writer, 2, seccomp);
        }

        Words(writer, "Command", container.Command);
        Words(writer, "Args", container.Args);
        if (status is not null)
        {
            State(writer, "State", status.State);
            if (status.LastState is { Terminated: not null } last)
            {
                State(writer, "Last State", last);
            }

            writer.Field(2, "Ready", status.Ready ? "True" : "False");
            writer.Field(2, "Restart Count", $"{status.RestartCount}");
        }

        Resources(writer, 2, container.Resources);
        Probe(writer, "Liveness", container.LivenessProbe);
        Probe(writer, "Readiness", container.ReadinessProbe);
        Probe(writer, "Startup", container.StartupProbe);
        EnvironmentDescription.Write(writer, container, pod, nodeName);
        Mounts(writer, container);
    }

    private static void Ports(DescriptionWriter writer, IReadOnlyList<ContainerPort> ports)
    {
        var inside = new List<string>(ports.Count);
        var outside = new List<string>(ports.Count);
        foreach (var port in ports)
        {
            var protocol = $"{port.Protocol ?? PortProtocol.Tcp}".ToUpperInvariant();
            var name = string.IsNullOrEmpty(port.Name) ? "" : $" ({port.Name})";
            inside.Add($"{port.Number}/{protocol}{name}");
            outside.Add($"{port.HostPort ?? 0}/{protocol}{name}");
        }

        writer.Field(2, inside.Count > 1 ? "Ports" : "Port", inside.Count == 0 ? "<none>" : string.Join(", ", inside));
        writer.Field(2, outside.Count > 1 ? "Host Ports" : "Host Port", outside.Count == 0 ? "<none>" : string.Join(", ", outside));
    }

    private static void Words(DescriptionWriter writer, string title, IReadOnlyList<string>? words)
    {
        if (words is not { Count: > 0 })
        {
            return;
        }

        writer.Line(2, $"{title}:");
        foreach (var word in words)
        {
            foreach (var line in word.Split('\n'))
            {
                writer.Line(3, line);
            }
        }
    }

    private static void State(DescriptionWriter writer, string title, ContainerState state)
    {
        switch (state)
        {
            case { Running: { } running }:
                writer.Field(2, title, "Running");
                writer.Field(3, "Started", PodDescription.Time(running.StartedAt));
                break;
            case { Terminated: { } ended }:
                writer.Field(2, title, "Terminated");
                Optional("Reason", ended.Reason);
                Optional("Message", ended.Message);
                writer.Field(3, "Exit Code", $"{ended.ExitCode}");
                Optional("Signal", ended.Signal is > 0 ? $"{ended.Signal}" : null);
                writer.Field(3, "Started", PodDescription.Time(ended.StartedAt));
                writer.Field(3, "Finished", PodDescription.Time(ended.FinishedAt));
                break;
            default:
                writer.Field(2, title, "Waiting");
                Optional("Reason", state.Waiting?.Reason);

                // kubectl keeps this to the events; here it is the way to the reason.
                Optional("Message", state.Waiting?.Message);
                break;
        }

        void Optional(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                writer.Field(3, name, value.TrimEnd('\n'));
            }
        }
    }

    private static void Probe(DescriptionWriter writer, string title, Probe? probe)
    {
        if (probe is null)
        {
            return;
        }

        var times = $"delay={probe.InitialDelaySeconds ?? 0}s timeout={probe.TimeoutSeconds ?? 1}s period={probe.PeriodSeconds ?? 10}s #success={probe.SuccessThreshold ?? 1} #failure={probe.FailureThreshold ?? 3}";
        var action = probe switch
        {
            { Exec: { } exec } => $"exec [{string.Join(' ', exec.Command)}]",
            { HttpGet: { } get } => $"http-get {$"{get.Scheme ?? UriScheme.Http}".ToLowerInvariant()}://{get.Host}:{get.Port}{get.Path}",
            { TcpSocket: { } tcp } => $"tcp-socket {tcp.Host}:{tcp.Port}",
            { Grpc: { } grpc } => $"grpc <pod>:{grpc.Port} {grpc.Service}",
            _ => "unknown",
        };
        writer.Field(2, title, $"{action} {times}");
    }

    private static void Mounts(DescriptionWriter writer, ContainerSpec container)
    {
        writer.Line(2, container.VolumeMounts.Count == 0 ? ["Mounts:", "<none>"] : ["Mounts:"]);
        var mounts = new List<VolumeMount>(container.VolumeMounts);
        mounts.Sort(static (a, b) => string.CompareOrdinal(a.MountPath, b.MountPath));
        foreach (var mount in mounts)
        {
            var subPath = mount.SubPath is { Length: > 0 } path ? $",path=\"{path}\"" : "";
            writer.Line(3, $"{mount.MountPath} from {mount.Name} ({(mount.ReadOnly ? "ro" : "rw")}{subPath})");
        }

        if (container.VolumeDevices.Count > 0)
        {
            writer.Line(2, "Devices:");
            foreach (var device in container.VolumeDevices)
            {
                writer.Line(3, $"{device.DevicePath} from {device.Name}");
            }
        }
    }
}
