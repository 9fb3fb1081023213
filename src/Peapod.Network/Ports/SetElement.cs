namespace Peapod.Network.Ports;

/// <summary>An element of a set or map of the tables.</summary>
/// <param name="Family">That of its table, NFPROTO_*.</param>
/// <param name="Set">The name of its set or map.</param>
/// <param name="Key">Each part of a concatenation in whole registers of four bytes.</param>
/// <param name="Data">What a map has for the key; empty in a set.</param>
/// <param name="Subject">What it is, for an error.</param>
internal sealed record SetElement(byte Family, string Set, byte[] Key, byte[] Data, string Subject);
