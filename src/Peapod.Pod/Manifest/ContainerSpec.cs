using Peapod.Oci.Json;

namespace Peapod.Pod.Manifest;

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

    /// <summary>Set after <see cref="ManifestDefaults"/>.</summary>
    public ImagePullPolicy? ImagePullPolicy { get; init; }

    public SecurityContext? SecurityContext { get; init; }

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
