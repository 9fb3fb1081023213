namespace Peapod.Container.Collection;

/// <summary>Something that a killed command left behind and that nobody else will take away.</summary>
/// <param name="What">The kind and the name of it: <c>container "a"</c>.</param>
/// <param name="Why">How it is known that nobody wants it.</param>
/// <param name="Remove">Takes it away, having looked again; false when it was gone, or wanted after all.</param>
public sealed record LeftOver(string What, string Why, Func<bool> Remove);
