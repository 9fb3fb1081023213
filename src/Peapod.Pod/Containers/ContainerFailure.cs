using Peapod.Container;
using Peapod.Oci;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;

namespace Peapod.Pod.Containers;

/// <summary>Says why a container cannot be made in the words of its manifest, which is the file that its user has.</summary>
internal static class ContainerFailure
{
    private const string File = "config.json: ";
    private const string Descriptor = "\"/proc/self/fd/";

    /// <summary>Of a process in a container.</summary>
    internal static PodException InManifest(string container, Spec spec, ContainerException failure) =>
        InWords(failure, Words(failure.Message, spec, null) is var (field, rest) ? $"container \"{container}\": {Field(field, spec)}{rest}" : $"container \"{container}\": {failure.Message}");

    /// <summary>Of a container.</summary>
    internal static PodException InManifest(PodSpec pod, ContainerSpec container, Spec spec, ContainerException failure)
    {
        if (Words(failure.Message, spec, container) is not var (field, rest))
        {
            return InWords(failure, $"container \"{container.Name}\": {failure.Message}");
        }

        if (LimitField.Is(field))
        {
            return InWords(failure, LimitField.Explain(LimitField.Of(pod, container, field) + rest));
        }

        return InWords(failure, $"container \"{container.Name}\": {(MountOf(field, spec, container) is { } mount ? $"{VolumeOf(mount)} at {mount.MountPath}" : Field(field, spec))}{rest}");
    }

    private static PodException InWords(ContainerException failure, string message) => new(message, failure) { ExitCode = failure.ExitCode };

    /// <summary>The field of config.json that is named, and what is said of it; null when none is. No descriptor of ours is in it.</summary>
    private static (string Field, string What)? Words(string message, Spec spec, ContainerSpec? container)
    {
        if (!message.StartsWith(File, StringComparison.Ordinal))
        {
            return null;
        }

        var text = message[File.Length..];
        var end = text.IndexOf(": ", StringComparison.Ordinal);
        var (field, rest) = end < 0 ? (text, "") : (text[..end], text[end..]);
        for (var i = 0; i < spec.Mounts.Count && rest.Contains(Descriptor, StringComparison.Ordinal); i++)
        {
            var source = $"\"{spec.Mounts[i].Source}\"";
            if (source.StartsWith(Descriptor, StringComparison.Ordinal) && rest.Contains(source, StringComparison.Ordinal))
            {
                rest = rest.Replace(source, MountOf($"mounts[{i}]", spec, container) is { } mount ? VolumeOf(mount) : $"the source of {spec.Mounts[i].Destination}", StringComparison.Ordinal);
            }
        }

        return (field, rest);
    }

    /// <summary>The mount that a field of config.json comes from; null when it is none of the manifest's.</summary>
    private static VolumeMount? MountOf(string field, Spec spec, ContainerSpec? container) =>
        IndexOf(field) is { } index && index < spec.Mounts.Count
            ? container?.VolumeMounts.FirstOrDefault(mount => mount.MountPath.TrimStart('/') == spec.Mounts[index].Destination.TrimStart('/'))
            : null;

    private static string VolumeOf(VolumeMount mount) =>
        $"volume \"{mount.Name}\"" + (mount.SubPath is { Length: > 0 } path ? $", subPath \"{path}\"" : mount.SubPathExpr is { Length: > 0 } expression ? $", subPathExpr \"{expression}\"" : "");

    private static int? IndexOf(string field) =>
        field.StartsWith("mounts[", StringComparison.Ordinal) && int.TryParse(field.AsSpan(7, field.IndexOf(']') - 7), out var index) ? index : null;

    private static string Field(string field, Spec spec)
    {
        if (IndexOf(field) is { } index && index < spec.Mounts.Count)
        {
            return $"mount at {spec.Mounts[index].Destination}";
        }

        return field switch
        {
            "process.args[0]" => "command",
            "process.cwd" => "workingDir",
            _ when LimitField.Is(field) => "resources",
            "process.apparmorProfile" => "securityContext.appArmorProfile",
            "process.selinuxLabel" or "linux.mountLabel" => "securityContext.seLinuxOptions",
            _ when field.StartsWith("linux.seccomp", StringComparison.Ordinal) => "securityContext.seccompProfile",
            _ when field.StartsWith("process.capabilities", StringComparison.Ordinal) => "securityContext.capabilities",
            _ => field,
        };
    }
}
