using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>The state of a container (runtime.md, State), as hooks get it on standard input.</summary>
[JsonRecord]
public sealed partial record State
{
    /// <summary>The version of the runtime-spec that the state follows.</summary>
    public string OciVersion { get; init; } = "";

    /// <summary>The container's id, unique on the host.</summary>
    public string Id { get; init; } = "";

    /// <summary><c>creating</c>, <c>created</c>, <c>running</c> or <c>stopped</c>.</summary>
    public string Status { get; init; } = "";

    /// <summary>The container's process, seen from the host; 0 when there is none.</summary>
    [OmitDefault]
    public int Pid { get; init; }

    /// <summary>The bundle, an absolute path.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>The annotations of config.json.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = JsonMap<string>.Empty;
}
