using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Commands run at points of the container's life (config.md, POSIX-platform Hooks).</summary>
[JsonRecord]
public sealed partial record Hooks
{
    /// <summary>Deprecated by the spec: as <see cref="CreateRuntime"/>, and before them.</summary>
    public IReadOnlyList<Hook> Prestart { get; init; } = [];

    /// <summary>In the runtime's namespaces, after the environment is made and before pivot_root.</summary>
    public IReadOnlyList<Hook> CreateRuntime { get; init; } = [];

    /// <summary>In the container's namespaces, before pivot_root.</summary>
    public IReadOnlyList<Hook> CreateContainer { get; init; } = [];

    /// <summary>In the container, on <c>start</c>, before the process is executed.</summary>
    public IReadOnlyList<Hook> StartContainer { get; init; } = [];

    /// <summary>In the runtime's namespaces, after the process is executed.</summary>
    public IReadOnlyList<Hook> Poststart { get; init; } = [];

    /// <summary>In the runtime's namespaces, after the container is deleted.</summary>
    public IReadOnlyList<Hook> Poststop { get; init; } = [];
}
