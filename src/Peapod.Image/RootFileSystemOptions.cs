namespace Peapod.Image;

/// <summary>How a container sees its image.</summary>
public sealed record RootFileSystemOptions
{
    /// <summary>Nothing can be written, nor a mount point made.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The user namespace in whose ids the image's files are the owners that they are on disk (Linux 5.19); null for the host's.</summary>
    public Kernel.SafeFd? UserNamespace { get; init; }

    /// <summary>The host's id of user and group 0 in <see cref="UserNamespace"/>.</summary>
    public uint FirstId { get; init; }

    /// <summary>Mount as kernels before 6.8 need it; for tests.</summary>
    internal bool WithoutAppendedLayers { get; init; }
}
