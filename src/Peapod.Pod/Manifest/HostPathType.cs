using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

/// <summary>What a hostPath must be before it is mounted. <c>""</c> in the manifest is <see cref="Unchecked"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HostPathType>))]
public enum HostPathType
{
    Unchecked,
    DirectoryOrCreate,
    Directory,
    FileOrCreate,
    File,
    Socket,
    CharDevice,
    BlockDevice,
}
