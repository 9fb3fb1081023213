using System.Globalization;
using Peapod.Container.State;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Why a pod that is being stopped has not stopped yet, as far as its containers' processes tell.</summary>
internal static class Resistance
{
    /// <returns>A part of a sentence: the containers that run, each with what it does about its stop signal. Empty when none runs.</returns>
    internal static string Of(PodFolders folders)
    {
        try
        {
            var status = StatusFile.TryRead(folders);
            var spec = ManifestFile.TryRead(folders)?.Spec;
            IEnumerable<Objects.ContainerStatus> all = status is null ? [] : [.. status.InitContainerStatuses, .. status.ContainerStatuses, .. status.EphemeralContainerStatuses];
            return string.Join(", ", all.Where(static container => container.State.Running is not null).Select(container => Of(folders, container.Name, SpecOf(spec, container.Name))));
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            // It goes while it is looked at, or is damaged, which whoever stops it tells.
            return "";
        }
    }

    private static ContainerSpec? SpecOf(PodSpec? spec, string name) =>
        spec is null ? null : spec.InitContainers.Concat(spec.Containers).Concat(spec.EphemeralContainers).FirstOrDefault(container => container.Name == name);

    private static string Of(PodFolders folders, string container, ContainerSpec? spec)
    {
        if (new ContainerStore(folders.Containers, folders.Filters).TryRead(container) is not { } record || FileSystem.TryReadText($"/proc/{record.Pid.ToString(CultureInfo.InvariantCulture)}/status") is not { } facts)
        {
            return $"container \"{container}\"";
        }

        var (name, number) = StopSignal(folders, container, spec);
        return $"container \"{container}\", whose process \"{Printable.Short(Field(facts, "Name"))}\" {Says(facts, name, number)}";
    }

    /// <summary>proc_pid_status(5): the masks of signals that are ignored and caught; signal(7): process 1 of a PID namespace gets none that it does not catch.</summary>
    private static string Says(string facts, string name, int number) =>
        Has(facts, "SigIgn", number) ? $"ignores {name}"
        : !Has(facts, "SigCgt", number) && Field(facts, "NSpid").EndsWith("\t1", StringComparison.Ordinal) ? $"is process 1 of its container and has no handler for {name}, so the kernel keeps that from it"
        : $"has not ended since {name}";

    private static (string Name, int Number) StopSignal(PodFolders folders, string container, ContainerSpec? spec)
    {
        var text = spec?.Lifecycle?.StopSignal is { Length: > 0 } own ? own : new ImageStore(folders.Host.DataRoot).ReadLease(folders.LeaseOf(container))?.Config.StopSignal ?? "";
        return Signals.TryParse(text, out var number) && number > 0 ? (text, number) : ("SIGTERM", Signals.SIGTERM);
    }

    private static bool Has(string facts, string mask, int signal) =>
        ulong.TryParse(Field(facts, mask), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) && (bits & (1UL << (signal - 1))) != 0;

    private static string Field(string facts, string name)
    {
        foreach (var line in facts.Split('\n'))
        {
            if (line.StartsWith($"{name}:", StringComparison.Ordinal))
            {
                return line[(name.Length + 1)..].TrimStart('\t', ' ') is var text && name == "NSpid" ? "\t" + text : text;
            }
        }

        return "";
    }
}
