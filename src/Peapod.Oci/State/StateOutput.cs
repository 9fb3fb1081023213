using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>What runc's <c>state</c> and <c>list</c> print: the runtime-spec's state with three fields more, which callers read.</summary>
[JsonRecord]
public sealed partial record StateOutput
{
    public string OciVersion { get; init; } = "";

    public string Id { get; init; } = "";

    /// <summary>0 once it has stopped.</summary>
    public int Pid { get; init; }

    public string Status { get; init; } = "";

    public string Bundle { get; init; } = "";

    public string Rootfs { get; init; } = "";

    /// <summary>RFC 3339, UTC.</summary>
    public string Created { get; init; } = "";

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = JsonMap<string>.Empty;

    /// <summary>The user's name who created it.</summary>
    public string Owner { get; init; } = "";
}
