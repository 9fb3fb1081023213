namespace Peapod.Image;

/// <summary>How a container sees its image.</summary>
public sealed record RootFileSystemOptions
{
    /// <summary>Nothing can be written, nor a mount point made.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Mount as kernels before 6.8 need it; for tests.</summary>
    internal bool WithoutAppendedLayers { get; init; }
}
