using System.Text;
using Peapod.HostTests.Image;
using Peapod.Image;
using Peapod.Registry;
using Peapod.Registry.Configuration;
using Peapod.Registry.Pulling;

namespace Peapod.HostTests.Registry;

/// <summary>Who a registry lets in, and whom it is told who asks.</summary>
public sealed class AuthenticationTests : IDisposable
{
    private static readonly byte[] Layer = new TarBuilder().Add("a", content: "a").Build();

    private readonly StoreFixture fixture = new();
    private readonly HostileRegistry registry;

    public AuthenticationTests() => registry = new(fixture.Layout("registry").Add("x", Layer).Finish());

    public void Dispose()
    {
        registry.Dispose();
        fixture.Dispose();
    }

    [SkippableFact]
    public void A_token_is_asked_for_once_and_used_for_all_of_an_image()
    {
        var tokens = TokenService(exchange => exchange.Authorization is null ? "anonymous" : null);

        Pull(new());

        var asked = Assert.Single(tokens);
        Assert.Equal("service=test service&scope=repository:team/app:pull", asked.Query);
        Assert.All(registry.Asked.Where(exchange => exchange.Authorization is not null && exchange.Path != "/token"), exchange => Assert.Equal("Bearer anonymous", exchange.Authorization));
    }

    [SkippableFact]
    public void The_password_goes_to_the_token_service_and_the_token_to_the_registry()
    {
        var tokens = TokenService(exchange => exchange.Authorization == Basic("me:se:cret") ? "mine" : null);

        Pull(new() { Credentials = "me:se:cret" });

        Assert.Contains("account=me", Assert.Single(tokens).Query, StringComparison.Ordinal);
        Assert.DoesNotContain(registry.Asked, exchange => exchange.Path != "/token" && exchange.Authorization?.StartsWith("Basic", StringComparison.Ordinal) == true);
    }

    [SkippableFact]
    public void An_identity_token_is_exchanged_by_a_form()
    {
        var tokens = TokenService(exchange => exchange.Method == "POST" && exchange.Body.Contains("refresh_token=ID", StringComparison.Ordinal) ? "mine" : null, "access_token");
        var file = fixture.Write("auth.json", Encoding.UTF8.GetBytes($$"""{"auths": {"{{registry.Address}}": {"identitytoken": "ID"} } }"""));

        Pull(new() { AuthFile = file });

        Assert.Contains("grant_type=refresh_token", Assert.Single(tokens).Body, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_token_that_is_not_good_any_more_is_asked_for_again()
    {
        var count = 0;
        var tokens = TokenService(_ => $"t{++count}", refuse: exchange => exchange.IsBlob && exchange.Authorization == "Bearer t1");

        Pull(new());

        Assert.Equal(2, tokens.Count);
    }

    [SkippableTheory]
    [InlineData(null, "gives no token without credentials")]
    [InlineData("me:wrong", "does not accept the credentials for")]
    public void Who_gets_no_token_is_told(string? credentials, string complaint)
    {
        TokenService(_ => null);

        var error = Assert.Throws<RegistryException>(() => Pull(new() { Credentials = credentials }));

        Assert.Equal(RegistryFailure.Denied, error.Failure);
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(null, "wants credentials, or has no such repository (UNAUTHORIZED); give --creds or --authfile")]
    [InlineData("me:wrong", "does not accept these credentials, or has no such repository (UNAUTHORIZED)")]
    public void Who_is_not_let_in_by_a_password_is_told(string? credentials, string complaint)
    {
        WantBasic("me:right");

        Assert.Equal($"{registry.Name}: {registry.Address} {complaint}", Assert.Throws<RegistryException>(() => Pull(new() { Credentials = credentials })).Message);

        Pull(new() { Credentials = "me:right" });
    }

    [SkippableFact]
    public void A_redirection_to_another_host_does_not_carry_the_password_along()
    {
        using var store = new HostileRegistry(registry.Layout);
        WantBasic("me:right", exchange => exchange.IsBlob && Do(() => exchange.Send(307, [], $"Location: http://localhost:{store.Port}{exchange.Path}")));

        Pull(new() { Credentials = "me:right" });

        Assert.Equal(2, store.Asked.Count);
        Assert.All(store.Asked, exchange => Assert.Null(exchange.Authorization));
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Redirections_in_a_circle_end()
    {
        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(302, [], $"Location: {exchange.Path}"));

        Assert.Equal($"{registry.Name}: {registry.Address} redirects more than 10 times", Assert.Throws<RegistryException>(() => Pull(new())).Message);
    }

    [SkippableTheory]
    [InlineData("""echo '{"ServerURL":"x","Username":"me","Secret":"right"}'""", null)]
    [InlineData("echo 'credentials not found in native keychain'; exit 1", "wants credentials")]
    [InlineData("echo broken; exit 3", "docker-credential-peapodtest get failed with exit code 3: broken")]
    [InlineData("echo '{'", "the answer of docker-credential-peapodtest: not valid JSON")]
    [InlineData("sleep 60", "docker-credential-peapodtest get has not answered within 1 s")]
    public void A_credential_helper_is_asked(string script, string? complaint)
    {
        WantBasic("me:right");
        var programs = Directory.CreateDirectory($"{fixture.Folder}/bin").FullName;
        File.WriteAllText($"{programs}/docker-credential-peapodtest", $"#!/bin/sh\ncat >{fixture.Folder}/asked; echo $1 >>{fixture.Folder}/asked\n{script}\n");
        File.SetUnixFileMode($"{programs}/docker-credential-peapodtest", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var file = fixture.Write("auth.json", Encoding.UTF8.GetBytes($$"""{"credHelpers": {"{{registry.Address}}": "peapodtest"} }"""));
        var path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", $"{programs}:{path}");
        try
        {
            var options = new RegistryOptions { AuthFile = file, HelperTimeout = TimeSpan.FromSeconds(1) };
            if (complaint is null)
            {
                Pull(options);
                Assert.Equal($"{registry.Address}get\n", File.ReadAllText($"{fixture.Folder}/asked"));
            }
            else
            {
                Assert.Contains(complaint, Assert.ThrowsAny<ImageException>(() => Pull(options)).Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    private static bool Do(Action act)
    {
        act();
        return true;
    }

    private static string Basic(string word) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(word))}";

    private void WantBasic(string word, Func<Exchange, bool>? then = null) => registry.Fault = exchange => exchange.Path != "/v2/" && (exchange.Authorization == Basic(word)
        ? then?.Invoke(exchange) == true
        : Do(() => exchange.Send(401, """{"errors":[{"code":"UNAUTHORIZED"}]}"""u8.ToArray(), "WWW-Authenticate: Basic realm=\"test\"")));

    /// <summary>A token service under the registry's own address.</summary>
    /// <param name="give">The token for a request, or null.</param>
    /// <param name="field">Its name in the answer.</param>
    /// <param name="refuse">What the registry refuses although there is a token.</param>
    /// <returns>What it was asked.</returns>
    private List<Exchange> TokenService(Func<Exchange, string?> give, string field = "token", Func<Exchange, bool>? refuse = null)
    {
        var asked = new List<Exchange>();
        registry.Fault = exchange =>
        {
            if (exchange.Path == "/token")
            {
                asked.Add(exchange);
                var token = give(exchange);
                exchange.Send(token is null ? 401 : 200, Encoding.UTF8.GetBytes($$"""{"{{field}}": "{{token}}", "expires_in": 300}"""));
                return true;
            }

            if (exchange.Path == "/v2/" || (exchange.Authorization?.StartsWith("Bearer ", StringComparison.Ordinal) == true && refuse?.Invoke(exchange) != true))
            {
                return false;
            }

            exchange.Send(401, [], $"WWW-Authenticate: Bearer realm=\"http://{registry.Address}/token\",service=\"test service\",scope=\"repository:team/app:pull\"");
            return true;
        };
        return asked;
    }

    private void Pull(RegistryOptions options)
    {
        var empty = options.AuthFile ?? fixture.Write("none.json", "{}"u8.ToArray());
        new ImagePuller(fixture.Store, RegistriesConf.None, options with { AuthFile = empty, HostsFolder = "/nonexistent", RetryDelay = TimeSpan.FromMilliseconds(10) }).Pull(registry.Name, PullPolicy.Always, new());
    }
}
