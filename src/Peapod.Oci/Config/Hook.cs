using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One hook: a program that gets the container's <see cref="State"/> on standard input (config.md, POSIX-platform Hooks).</summary>
[JsonRecord]
public sealed partial record Hook
{
    /// <summary>The program, an absolute path.</summary>
    public string Path { get; init; } = "";

    /// <summary>Its argument vector, with argv[0]; absent means the path alone.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Its environment.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Seconds before it is killed; more than 0.</summary>
    public int? Timeout { get; init; }
}
