using System.Text.Json.Serialization;

namespace Peapod.Pod.Objects;

/// <summary>What a hostPath must be before it is mounted. <c>""</c> in the manifest is <see cref="Unchecked"/>.</summary>
public enum HostPathType
{
    [JsonStringEnumMemberName("")]
    Unchecked,
    DirectoryOrCreate,
    Directory,
    FileOrCreate,
    File,
    Socket,
    CharDevice,
    BlockDevice,
}
