using Peapod.Container;
using Peapod.Oci;

namespace Peapod.Pod.Containers;

/// <summary>Says why a container cannot be made in the words of its manifest, which is the file that its user has.</summary>
internal static class ContainerFailure
{
    private const string File = "config.json: ";

    internal static PodException InManifest(string container, Spec spec, ContainerException failure)
    {
        var text = failure.Message;
        if (text.StartsWith(File, StringComparison.Ordinal))
        {
            text = text[File.Length..];
            var end = text.IndexOf(": ", StringComparison.Ordinal);
            text = end < 0 ? text : $"{Field(text[..end], spec)}{text[end..]}";
        }

        return new PodException($"container \"{container}\": {text}", failure) { ExitCode = failure.ExitCode };
    }

    private static string Field(string field, Spec spec)
    {
        if (field.StartsWith("mounts[", StringComparison.Ordinal) && int.TryParse(field.AsSpan(7, field.IndexOf(']') - 7), out var index) && index < spec.Mounts.Count)
        {
            return $"mount at {spec.Mounts[index].Destination}";
        }

        return field switch
        {
            "process.args[0]" => "command",
            "process.cwd" => "workingDir",
            _ when field.StartsWith("linux.resources", StringComparison.Ordinal) => "resources",
            "process.apparmorProfile" => "securityContext.appArmorProfile",
            "process.selinuxLabel" or "linux.mountLabel" => "securityContext.seLinuxOptions",
            _ when field.StartsWith("linux.seccomp", StringComparison.Ordinal) => "securityContext.seccompProfile",
            _ when field.StartsWith("process.capabilities", StringComparison.Ordinal) => "securityContext.capabilities",
            _ => field,
        };
    }
}
