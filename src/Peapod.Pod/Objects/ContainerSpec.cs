using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A Kubernetes v1 Container.</summary>
[JsonRecord]
public sealed partial record ContainerSpec
{
    /// <summary>A DNS-1123 label, unique in the pod.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    public string Image { get; init => field = value ?? ""; } = "";

    /// <summary>Replaces the image's entry point; null leaves it. <c>$(VAR)</c> not yet expanded.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Replaces the image's arguments. <c>$(VAR)</c> not yet expanded.</summary>
    public IReadOnlyList<string>? Args { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyList<ContainerPort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EnvVar> Env { get; init => field = value ?? []; } = [];

    public ResourceRequirements Resources { get; init => field = value ?? new(); } = new();

    public IReadOnlyList<VolumeMount> VolumeMounts { get; init => field = value ?? []; } = [];

    /// <summary>Set after <see cref="Manifest.ManifestDefaults"/>.</summary>
    public ImagePullPolicy? ImagePullPolicy { get; init; }

    public SecurityContext? SecurityContext { get; init; }

    /// <summary>Variables from whole ConfigMaps and Secrets; those of <see cref="Env"/> win.</summary>
    public IReadOnlyList<EnvFromSource> EnvFrom { get; init => field = value ?? []; } = [];

    public IReadOnlyList<VolumeDevice> VolumeDevices { get; init => field = value ?? []; } = [];

    /// <summary>On an init container Always makes it a sidecar; null for the pod's.</summary>
    public RestartPolicy? RestartPolicy { get; init; }

    public IReadOnlyList<ContainerResizePolicy> ResizePolicy { get; init => field = value ?? []; } = [];

    public Probe? StartupProbe { get; init; }

    public Probe? LivenessProbe { get; init; }

    public Probe? ReadinessProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    /// <summary>Where the container may leave its last words. Set after <see cref="Manifest.ManifestDefaults"/>: /dev/termination-log.</summary>
    public string? TerminationMessagePath { get; init; }

    /// <summary>Set after <see cref="Manifest.ManifestDefaults"/>: File.</summary>
    public TerminationMessagePolicy? TerminationMessagePolicy { get; init; }

    /// <summary>Of an ephemeral container: whose processes it is to see.</summary>
    public string? TargetContainerName { get; init; }

    /// <summary>Keep standard input open for attach.</summary>
    [OmitDefault]
    public bool Stdin { get; init; }

    /// <summary>The first attached client's end of input is the container's.</summary>
    [OmitDefault]
    public bool StdinOnce { get; init; }

    /// <summary>Give the container a terminal.</summary>
    [OmitDefault]
    public bool Tty { get; init; }
}
