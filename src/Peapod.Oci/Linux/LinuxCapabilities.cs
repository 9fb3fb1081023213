using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The five capability sets of a process, by name (config.md, Linux Process; capabilities(7)).</summary>
[JsonRecord]
public sealed partial record LinuxCapabilities
{
    /// <summary>What execve may give at most.</summary>
    public IReadOnlyList<string> Bounding { get; init; } = [];

    /// <summary>What the kernel checks.</summary>
    public IReadOnlyList<string> Effective { get; init; } = [];

    /// <summary>What is kept over an execve that inherits.</summary>
    public IReadOnlyList<string> Inheritable { get; init; } = [];

    /// <summary>What may be made effective.</summary>
    public IReadOnlyList<string> Permitted { get; init; } = [];

    /// <summary>What is kept over an execve of an unprivileged program.</summary>
    public IReadOnlyList<string> Ambient { get; init; } = [];
}
