namespace Peapod.Pod.Objects;

/// <summary>What an emptyDir lives on. <c>""</c> in the manifest is <see cref="Default"/>: the host's disk.</summary>
public enum StorageMedium
{
    Default,
    Memory,
}
