namespace Peapod.Shim.Streams;

/// <summary>What a container has for standard streams.</summary>
/// <param name="Terminal">One terminal for all three.</param>
/// <param name="Input">Its standard input stays open for those who attach; otherwise it is empty.</param>
/// <param name="InputOnce">The first who attaches ends the input by going away.</param>
internal readonly record struct StreamOptions(bool Terminal, bool Input, bool InputOnce);
