using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>Programs run at moments of the life cycle; "POSIX-platform Hooks".</summary>
[JsonRecord]
public sealed partial record Hooks
{
    public IReadOnlyList<Hook>? Prestart { get; init; }

    public IReadOnlyList<Hook>? CreateRuntime { get; init; }

    public IReadOnlyList<Hook>? CreateContainer { get; init; }

    public IReadOnlyList<Hook>? StartContainer { get; init; }

    public IReadOnlyList<Hook>? Poststart { get; init; }

    public IReadOnlyList<Hook>? Poststop { get; init; }
}
