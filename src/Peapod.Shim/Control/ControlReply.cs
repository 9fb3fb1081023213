using Peapod.Oci.Json;

namespace Peapod.Shim.Control;

/// <summary>What a shim answers, when it is done.</summary>
[JsonRecord]
internal sealed partial record ControlReply
{
    /// <summary>Why it could not be done; null when it was.</summary>
    public string? Error { get; init; }

    /// <summary>attach: terminal, input or nothing, with as many descriptors: the terminal and a socket with its output, the standard input, none.</summary>
    public string? Gives { get; init; }
}
