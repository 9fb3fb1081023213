namespace Peapod.Registry.Transport;

/// <summary>One request of the Distribution API.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">What follows the repository's name: <c>manifests/latest</c>.</param>
/// <param name="Scope">What a token for it must allow: <c>repository:NAME:pull</c>.</param>
/// <param name="Subject">What is asked for, for messages.</param>
internal sealed record RegistryRequest(HttpMethod Method, string Path, string Scope, string Subject)
{
    /// <summary>In place of a path: where the registry said to go on.</summary>
    internal Uri? Address { get; init; }

    internal IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>Bytes to leave out at the beginning.</summary>
    internal long From { get; init; }

    /// <summary>Makes the body, for each attempt anew.</summary>
    internal Func<HttpContent>? Content { get; init; }
}
