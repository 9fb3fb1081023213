using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The five capability sets, by names such as CAP_KILL; capabilities(7).</summary>
[JsonRecord]
public sealed partial record ProcessCapabilities
{
    public IReadOnlyList<string>? Bounding { get; init; }

    public IReadOnlyList<string>? Effective { get; init; }

    public IReadOnlyList<string>? Inheritable { get; init; }

    public IReadOnlyList<string>? Permitted { get; init; }

    public IReadOnlyList<string>? Ambient { get; init; }
}
