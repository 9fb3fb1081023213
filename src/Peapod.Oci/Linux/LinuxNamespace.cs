using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A namespace that the container is given (config-linux.md, Namespaces).</summary>
[JsonRecord]
public sealed partial record LinuxNamespace
{
    /// <summary><c>pid</c>, <c>network</c>, <c>mount</c>, <c>ipc</c>, <c>uts</c>, <c>user</c>, <c>cgroup</c> or <c>time</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>An existing namespace to join, as an absolute path; absent makes a new one.</summary>
    public string? Path { get; init; }
}
