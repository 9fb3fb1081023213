using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A header of a request.</summary>
[JsonRecord]
public sealed partial record HttpHeader
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Value { get; init => field = value ?? ""; } = "";
}
