using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Peapod.Image.Documents;
using Peapod.Kernel.Terminals;
using Peapod.Registry.Authentication;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Transport;

/// <summary>
/// Answers a registry's challenges: with the user's password, or with tokens that the service it names gives for it. A token is kept as long as it is good,
/// by what it is for. See the distribution project's "Token Authentication Specification".
/// </summary>
internal sealed class Authorizer(Endpoint endpoint, HttpTransport transport, CredentialSource source, RegistryOptions options) : IDisposable
{
    private const int LargestAnswer = 1 << 20;

    /// <summary>The specification's, for a token that does not say how long it is good.</summary>
    private const int DefaultLifetime = 60;

    private readonly SemaphoreSlim turn = new(1);
    private readonly Dictionary<string, (string Token, DateTimeOffset Until)> tokens = [];
    private Challenge? challenge;

    /// <summary>Whether there are credentials for this registry.</summary>
    internal bool HasCredentials => source.Find(endpoint.Name) is not null;

    public void Dispose() => turn.Dispose();

    /// <summary>What to send with a request of this scope, as far as the registry has said what it wants; null while it has not.</summary>
    internal async Task<AuthenticationHeaderValue?> Header(string scope, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return challenge is null ? null : await Answer(challenge, scope, cancel).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>What to send instead, now that the registry has refused; null when nothing else can be said.</summary>
    internal async Task<AuthenticationHeaderValue?> Answer(HttpResponseMessage refusal, string scope, AuthenticationHeaderValue? sent, CancellationToken cancel)
    {
        var challenges = refusal.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var headers) ? headers.SelectMany(Challenge.Parse).ToList() : [];
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            challenge = challenges.Find(static one => one.IsBearer && one["realm"] is not null) ?? challenges.Find(static one => one.IsBasic);
            if (challenge is null)
            {
                return null;
            }

            if (sent is { Scheme: "Bearer" } && tokens.TryGetValue(Key(challenge, scope), out var stale) && stale.Token == sent.Parameter)
            {
                tokens.Remove(Key(challenge, scope));
            }

            return await Answer(challenge, scope, cancel).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<AuthenticationHeaderValue?> Answer(Challenge wanted, string scope, CancellationToken cancel)
    {
        if (wanted.IsBasic)
        {
            return source.Find(endpoint.Name) is { IdentityToken: null } credentials ? AuthenticationHeaderValue.Parse(credentials.Basic) : null;
        }

        var key = Key(wanted, scope);
        if (!tokens.TryGetValue(key, out var token) || token.Until <= DateTimeOffset.UtcNow)
        {
            tokens[key] = token = await Fetch(wanted, scope, cancel).ConfigureAwait(false);
        }

        return new("Bearer", token.Token);
    }

    private static string Key(Challenge wanted, string scope) => $"{wanted["realm"]}\n{wanted["service"]}\n{scope}";

    private async Task<(string Token, DateTimeOffset Until)> Fetch(Challenge wanted, string scope, CancellationToken cancel)
    {
        var realm = Realm(wanted["realm"]!);
        var credentials = source.Find(endpoint.Name);
        using var response = await transport.Send(() => Request(realm, wanted, scope, credentials), cancel).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new RegistryException(RegistryFailure.Denied, credentials is null
                ? $"{endpoint.Label} gives no token without credentials ({realm.Authority} answers {(int)response.StatusCode}); give --creds or --authfile"
                : $"{realm.Authority} does not accept the credentials for {endpoint.Label} (it answers {(int)response.StatusCode})");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RegistryException(
                response.StatusCode == HttpStatusCode.TooManyRequests ? RegistryFailure.Limited : RegistryFailure.Broken,
                $"{realm.Authority}, which gives the tokens for {endpoint.Label}, answers {(int)response.StatusCode}");
        }

        var subject = $"the token answer of {realm.Authority}";
        var json = JsonField.Parse(await Body.ReadLimited(response, LargestAnswer, subject, options, cancel).ConfigureAwait(false), subject);
        var token = json.String("token") is { Length: > 0 } one ? one : json.String("access_token") is { Length: > 0 } other ? other
            : throw new RegistryException(RegistryFailure.Broken, $"{subject} has neither \"token\" nor \"access_token\"");
        if (token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new RegistryException(RegistryFailure.Broken, $"{subject}: the token has characters that a header cannot have");
        }

        var lifetime = json.Has("expires_in") ? json.RequiredNumber("expires_in", "a number of seconds") : DefaultLifetime;

        // A little less: the request is on its way for a while.
        return (token, DateTimeOffset.UtcNow.AddSeconds(Math.Clamp(lifetime, 2, 24 * 3600) * 0.9));
    }

    /// <summary>The user's password goes there: to nobody who could not have got it already.</summary>
    private Uri Realm(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var realm) || realm.Scheme is not ("http" or "https"))
        {
            throw new RegistryException(RegistryFailure.Broken, $"{endpoint.Label} names \"{Printable.Short(text)}\" for tokens, which is not an address");
        }

        if (realm.Scheme == "http" && !endpoint.MayBePlain && endpoint.Address.Scheme == "https")
        {
            throw new RegistryException(RegistryFailure.Broken, $"{endpoint.Label} names {realm.Scheme}://{realm.Authority} for tokens, where everybody could read them");
        }

        return realm;
    }

    private static HttpRequestMessage Request(Uri realm, Challenge wanted, string scope, Credentials? credentials)
    {
        if (credentials?.IdentityToken is { } identity)
        {
            var form = new List<KeyValuePair<string, string>>
            {
                new("grant_type", "refresh_token"), new("refresh_token", identity), new("client_id", "peapod"), new("service", wanted["service"] ?? ""), new("scope", scope),
            };
            return new(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(form) };
        }

        var query = new StringBuilder(realm.Query.TrimStart('?'));
        Add(query, "service", wanted["service"]);
        foreach (var one in scope.Split(' '))
        {
            Add(query, "scope", one);
        }

        if (credentials is not null)
        {
            Add(query, "account", credentials.User);
        }

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri);
        if (credentials is not null)
        {
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(credentials.Basic);
        }

        return request;
    }

    private static void Add(StringBuilder query, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            query.Append(query.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
