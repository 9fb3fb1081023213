using System.Text.Json.Serialization;

namespace Peapod.Pod.Objects;

/// <summary>What an emptyDir lives on. <c>""</c> in the manifest is <see cref="Default"/>: the host's disk.</summary>
public enum StorageMedium
{
    Default,
    Memory,

    /// <summary>Pages of the host's default size.</summary>
    HugePages,

    [JsonStringEnumMemberName("HugePages-2Mi")]
    HugePages2Mi,

    [JsonStringEnumMemberName("HugePages-1Gi")]
    HugePages1Gi,
}
