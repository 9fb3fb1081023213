using Peapod.Oci.Json;

namespace Peapod.Oci;

/// <summary>A rule of the device allow list (config-linux.md, Allowed Device list).</summary>
[JsonRecord]
public sealed partial record LinuxDeviceCgroup
{
    /// <summary>Whether what matches is allowed.</summary>
    public bool Allow { get; init; }

    /// <summary><c>a</c> (all), <c>c</c> or <c>b</c>; absent means all.</summary>
    public string? Type { get; init; }

    /// <summary>The major number; absent or -1 means all.</summary>
    public long? Major { get; init; }

    /// <summary>The minor number; absent or -1 means all.</summary>
    public long? Minor { get; init; }

    /// <summary>Some of <c>r</c> (read), <c>w</c> (write) and <c>m</c> (mknod).</summary>
    public string? Access { get; init; }
}
