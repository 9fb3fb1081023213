namespace Peapod.Image.Layers;

/// <summary>What a tar archive says of one member. Names are bytes, as the archive has them, without a NUL.</summary>
internal sealed class TarEntry
{
    internal byte[] Name { get; set; } = [];

    internal byte[] LinkName { get; set; } = [];

    internal TarType Type { get; set; }

    /// <summary>Permission bits with set-user-id, set-group-id and sticky.</summary>
    internal uint Mode { get; set; }

    internal uint Uid { get; set; }

    internal uint Gid { get; set; }

    /// <summary>Bytes of content that follow; 0 for all but files.</summary>
    internal long Size { get; set; }

    internal long ModifiedSeconds { get; set; }

    internal long ModifiedNanoseconds { get; set; }

    internal uint DeviceMajor { get; set; }

    internal uint DeviceMinor { get; set; }

    internal List<(byte[] Name, byte[] Value)> ExtendedAttributes { get; } = [];
}

/// <summary>The type flags that mean something in a layer.</summary>
internal enum TarType : byte
{
    File = (byte)'0',
    HardLink = (byte)'1',
    SymbolicLink = (byte)'2',
    CharacterDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Directory = (byte)'5',
    Fifo = (byte)'6',
}
