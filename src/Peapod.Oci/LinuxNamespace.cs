using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>One namespace, new or joined by path; namespaces(7).</summary>
[JsonRecord]
public sealed partial record LinuxNamespace
{
    public string? Type { get; init; }

    public string? Path { get; init; }
}
