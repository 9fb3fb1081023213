using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>"process.user": numeric ids in the container.</summary>
[JsonRecord]
public sealed partial record User
{
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint? Umask { get; init; }

    public IReadOnlyList<uint>? AdditionalGids { get; init; }
}
