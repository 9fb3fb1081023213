using System.Globalization;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Description;

/// <summary>A pod as <c>kubectl describe pod</c> shows it.</summary>
internal static class PodDescription
{
    internal static void Write(DescriptionWriter writer, PodView view, string nodeName)
    {
        var (pod, status) = (view.Manifest, view.Status);
        writer.Field(0, "Name", view.Name);
        writer.Field(0, "Namespace", view.Folders.Namespace);
        writer.Field(0, "Priority", $"{pod.Spec.Priority ?? 0}");
        Optional("Priority Class Name", pod.Spec.PriorityClassName);
        Optional("Runtime Class Name", pod.Spec.RuntimeClassName);
        Optional("Service Account", pod.Spec.ServiceAccountName);
        writer.Field(0, "Node", $"{nodeName}/{status.HostIP}");
        if (status.StartTime is { } started)
        {
            writer.Field(0, "Start Time", Time(started));
        }

        writer.Labels("Labels", pod.Metadata.Labels);
        writer.Annotations(pod.Metadata.Annotations);
        writer.Field(0, "Status", PodSummary.Of(view).Status is "Terminating" or "Unknown" ? PodSummary.Of(view).Status : $"{status.Phase}");
        Optional("Reason", status.Reason);
        Optional("Message", status.Message);
        if (pod.Spec.SecurityContext?.SeccompProfile is { } seccomp)
        {
            Seccomp(writer, 0, seccomp);
        }

        writer.Field(0, "IP", status.PodIP ?? "");
        Addresses(writer, status);
        if (pod.Spec.Resources is { } resources)
        {
            writer.Line(0, "Resources:");
            ContainerDescription.Resources(writer, 1, resources);
        }

        if (pod.Spec.InitContainers.Count > 0)
        {
            ContainerDescription.WriteAll(writer, "Init Containers", pod.Spec.InitContainers, status.InitContainerStatuses, view, nodeName);
        }

        ContainerDescription.WriteAll(writer, "Containers", pod.Spec.Containers, status.ContainerStatuses, view, nodeName);
        if (pod.Spec.EphemeralContainers.Count > 0)
        {
            ContainerDescription.WriteAll(writer, "Ephemeral Containers", pod.Spec.EphemeralContainers, status.EphemeralContainerStatuses, view, nodeName);
        }

        Conditions(writer, status);
        VolumeDescription.WriteAll(writer, pod.Spec.Volumes);
        writer.Field(0, "QoS Class", $"{status.QosClass ?? QosClass.BestEffort}");
        writer.Labels("Node-Selectors", pod.Spec.NodeSelector);
        Tolerations(writer, pod.Spec);

        void Optional(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                writer.Field(0, name, value);
            }
        }
    }

    /// <summary>RFC 1123 in local time, as kubectl shows it.</summary>
    internal static string Time(DateTime? time)
    {
        var local = (time ?? default).ToLocalTime();
        return local.ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + local.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
    }

    internal static void Seccomp(DescriptionWriter writer, int level, SeccompProfile profile)
    {
        writer.Field(level, "SeccompProfile", $"{profile.Type}");
        if (profile.LocalhostProfile is { } file)
        {
            writer.Field(level, "LocalhostProfile", file);
        }
    }

    private static void Addresses(DescriptionWriter writer, PodStatus status)
    {
        if (status.Addresses.Count == 0)
        {
            writer.Field(0, "IPs", "<none>");
            return;
        }

        writer.Line(0, "IPs:");
        foreach (var address in status.Addresses)
        {
            writer.Field(1, "IP", address.Address);
        }
    }

    private static void Conditions(DescriptionWriter writer, PodStatus status)
    {
        if (status.Conditions.Count == 0)
        {
            return;
        }

        writer.Line(0, "Conditions:");
        writer.Line(1, "Type", "Status");
        foreach (var condition in status.Conditions)
        {
            writer.Line(1, $"{condition.Type} ", $"{condition.Status} ");
        }
    }

    private static void Tolerations(DescriptionWriter writer, PodSpec spec)
    {
        var first = "Tolerations:";
        foreach (var toleration in (spec.Tolerations ?? []).OrderBy(static each => $"{each!["key"]}", StringComparer.Ordinal))
        {
            var text = $"{toleration!["key"]}";
            text += toleration["value"] is { } value ? $"={value}" : "";
            text += toleration["effect"] is { } effect ? $":{effect}" : "";
            text += $"{toleration["operator"]}" == "Exists" && toleration["value"] is null ? (text.Length > 0 ? " op=Exists" : "op=Exists") : "";
            text += toleration["tolerationSeconds"] is { } seconds ? $" for {seconds}s" : "";
            writer.Line(0, first, text);
            first = "";
        }

        if (first.Length > 0)
        {
            writer.Line(0, first, "<none>");
        }
    }
}
