namespace Peapod.Pod.Manifest;

/// <summary>What a field of the Pod schema may hold.</summary>
internal enum FieldKind
{
    Text,
    Flag,

    /// <summary>A 32-bit integer.</summary>
    Integer,

    /// <summary>A 64-bit integer.</summary>
    LongInteger,

    /// <summary>A <see cref="Objects.Quantity"/>.</summary>
    Quantity,

    /// <summary>A port's number or name.</summary>
    Port,

    /// <summary>One of <see cref="FieldSchema.Choices"/>.</summary>
    Choice,

    /// <summary>An object of <see cref="FieldSchema.Fields"/>.</summary>
    Record,

    /// <summary>An object whose inside is not looked at.</summary>
    AnyObject,

    /// <summary>A list of <see cref="FieldSchema.Element"/>.</summary>
    List,

    /// <summary>An object with free keys, each an <see cref="FieldSchema.Element"/>.</summary>
    Map,
}
