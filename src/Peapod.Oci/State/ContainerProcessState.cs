using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What a seccomp agent is told along with the notify descriptor (config-linux.md, The Container Process State).</summary>
[JsonRecord]
public sealed partial record ContainerProcessState
{
    /// <summary>The version of the runtime-spec that the state follows.</summary>
    public string OciVersion { get; init; } = "";

    /// <summary>Names of the descriptors sent, in their order: <c>seccompFd</c>.</summary>
    public IReadOnlyList<string> Fds { get; init; } = [];

    /// <summary>The process that the filter is for, seen from the host.</summary>
    public int Pid { get; init; }

    /// <summary>The listenerMetadata of config.json.</summary>
    public string? Metadata { get; init; }

    /// <summary>The container's state.</summary>
    public State State { get; init; } = new();
}
