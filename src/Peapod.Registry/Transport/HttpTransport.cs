using System.Globalization;
using System.Net;
using System.Net.Security;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Transport;

/// <summary>
/// HTTP with one registry and the hosts it sends to: time-outs, new attempts, and every failure a sentence. The attempts are these lines and not a
/// library's, since where one goes on depends on what has come so far, and how long it waits on what the registry says.
/// </summary>
internal sealed class HttpTransport : IDisposable
{
    private const int MostRedirections = 10;

    private readonly Endpoint endpoint;
    private readonly RegistryOptions options;
    private readonly Lazy<HttpClient> plain;
    private readonly Lazy<HttpClient> own;
    private readonly Lazy<HttpClient> foreign;

    internal HttpTransport(Endpoint endpoint, RegistryOptions options)
    {
        this.endpoint = endpoint;
        this.options = options;
        plain = new(() => Make(tls: null, usesProxy: !endpoint.IsLoopback));
        own = new(() => Make(Certificates.Options(endpoint, isForeign: false), usesProxy: !endpoint.IsLoopback));
        foreign = new(() => Make(Certificates.Options(endpoint, isForeign: true), usesProxy: true));
    }

    private TimeSpan AnswerTimeout => endpoint.IsMirror && options.MirrorTimeout < options.AnswerTimeout ? options.MirrorTimeout : options.AnswerTimeout;

    private TimeSpan ConnectTimeout => endpoint.IsMirror && options.MirrorTimeout < options.ConnectTimeout ? options.MirrorTimeout : options.ConnectTimeout;

    public void Dispose()
    {
        foreach (var client in (ReadOnlySpan<Lazy<HttpClient>>)[plain, own, foreign])
        {
            if (client.IsValueCreated)
            {
                client.Value.Dispose();
            }
        }
    }

    /// <summary>Sends a request and returns the answer's head, whatever its status, after new attempts where one may help.</summary>
    /// <param name="make">Makes the request, for each attempt anew.</param>
    /// <exception cref="RegistryException">There is no answer.</exception>
    internal async Task<HttpResponseMessage> Send(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            var pause = options.RetryDelay * (1 << Math.Min(attempt, 16));
            try
            {
                var response = await SendOnce(make, cancel).ConfigureAwait(false);
                if (!MayPass(response.StatusCode) || attempt >= options.Retries)
                {
                    return response;
                }

                pause = AskedFor(response) ?? pause;
                if (pause > options.LongestPause)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (RegistryException error) when (attempt < options.Retries && error.InnerException is { } inner && Failure.IsCut(inner))
            {
                // Tried again below.
            }

            await Task.Delay(pause, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a request as it is, once, to see what the other end speaks.</summary>
    internal async Task<HttpResponseMessage> SendRaw(HttpRequestMessage request, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(ConnectTimeout + AnswerTimeout);
        if (request.Content is BlobContent upload)
        {
            upload.Progress = () => deadline.CancelAfter(AnswerTimeout);
        }

        try
        {
            var client = !IsOwn(request.RequestUri!) ? foreign.Value : request.RequestUri!.Scheme == "http" ? plain.Value : own.Value;
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            var host = request.RequestUri!.Authority;
            throw error.InnerException is TimeoutException && !deadline.IsCancellationRequested
                ? new RegistryException(RegistryFailure.Unreachable, $"cannot connect to {host} within {ConnectTimeout.TotalSeconds:0.#} s")
                : new RegistryException(RegistryFailure.Unreachable, $"{host} has not answered within {AnswerTimeout.TotalSeconds:0.#} s");
        }
    }

    /// <summary>How long the registry asks to be left alone; null when it does not say. RFC 9110, 10.2.3.</summary>
    internal static TimeSpan? AskedFor(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter;
        var pause = asked?.Delta ?? asked?.Date - DateTimeOffset.UtcNow;
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause;
    }

    private static bool MayPass(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>Follows redirections; the word that lets us in at one host is not told to another.</summary>
    private async Task<HttpResponseMessage> SendOnce(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        var request = make();
        for (var count = 0; ; count++)
        {
            HttpResponseMessage response;
            try
            {
                response = await SendRaw(request, cancel).ConfigureAwait(false);
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                throw Failure.Translate(error, request.RequestUri!);
            }

            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                || request.Method.Method is not ("GET" or "HEAD") || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            var from = request.RequestUri!;
            var to = new Uri(from, location);
            if (count == MostRedirections)
            {
                throw new RegistryException(RegistryFailure.Broken, $"{endpoint.Label} redirects more than {MostRedirections} times");
            }

            if (to.Scheme is not ("https" or "http") || (to.Scheme == "http" && from.Scheme == "https"))
            {
                throw new RegistryException(RegistryFailure.Broken, $"{from.Authority} redirects from HTTPS to {to.Scheme}://{to.Authority}, which is not followed");
            }

            request = make();
            request.RequestUri = to;
            if (!IsOwn(to))
            {
                request.Headers.Authorization = null;
                foreach (var (name, _) in endpoint.Headers)
                {
                    request.Headers.Remove(name);
                }
            }
        }
    }

    /// <summary>Whether this is the registry itself, whichever of HTTP and HTTPS it turned out to speak.</summary>
    internal bool IsOwn(Uri address) => address.IdnHost == endpoint.Address.IdnHost
        && (address.Port == endpoint.Address.Port || (endpoint.MayBePlain && endpoint.Address.IsDefaultPort && address.IsDefaultPort));

    /// <param name="tls">Null for plain HTTP, for which no certificate need be read.</param>
    /// <param name="usesProxy">Loopback is this host, whatever HTTP_PROXY says.</param>
    private HttpClient Make(SslClientAuthenticationOptions? tls, bool usesProxy)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            MaxConnectionsPerServer = 16,
            UseProxy = usesProxy,
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd(string.Create(CultureInfo.InvariantCulture, $"peapod/{typeof(HttpTransport).Assembly.GetName().Version?.ToString(3)}"));
        return client;
    }
}
