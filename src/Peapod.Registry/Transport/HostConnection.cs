using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Kernel.Terminals;
using Peapod.Registry.Authentication;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Transport;

/// <summary>The Distribution API at one host, with the host's way of authentication. See the distribution specification 1.1.</summary>
internal sealed class HostConnection : IDisposable
{
    private const int LargestError = 64 << 10;

    private readonly HttpTransport transport;
    private readonly Authorizer authorizer;
    private readonly RegistryOptions options;
    private readonly SemaphoreSlim turn = new(1);
    private Uri? address;

    internal HostConnection(Endpoint endpoint, CredentialSource credentials, RegistryOptions options)
    {
        Endpoint = endpoint;
        this.options = options;
        transport = new(endpoint, options);
        authorizer = new(endpoint, transport, credentials, options);
    }

    internal Endpoint Endpoint { get; }

    public void Dispose()
    {
        authorizer.Dispose();
        transport.Dispose();
        turn.Dispose();
    }

    /// <summary>The answer's head, when its status is one of a success.</summary>
    /// <exception cref="RegistryException">The registry refuses or cannot be asked; the message says why.</exception>
    internal async Task<HttpResponseMessage> Send(RegistryRequest request, CancellationToken cancel)
    {
        HttpResponseMessage response;
        try
        {
            response = await SendAuthorized(request, cancel).ConfigureAwait(false);
        }
        catch (RegistryException error)
        {
            throw new RegistryException(error.Failure, $"{request.Subject}: {error.Message}", error);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await Refusal(response, request, cancel).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAuthorized(RegistryRequest request, CancellationToken cancel)
    {
        var server = await Address(cancel).ConfigureAwait(false);
        var word = await authorizer.Header(request.Scope, cancel).ConfigureAwait(false);
        var response = await transport.Send(() => Make(request, server, word), cancel).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        var other = await authorizer.Answer(response, request.Scope, word, cancel).ConfigureAwait(false);
        if (other is null || other.Equals(word))
        {
            return response;
        }

        response.Dispose();
        return await transport.Send(() => Make(request, server, other), cancel).ConfigureAwait(false);
    }

    /// <summary>Where the registry is. One that may speak plain HTTP is asked, once.</summary>
    private async Task<Uri> Address(CancellationToken cancel)
    {
        if (!Endpoint.MayBePlain || Endpoint.Address.Scheme == "http")
        {
            return Endpoint.Address;
        }

        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return address ??= await Speaks(cancel).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>TLS comes first, but on this very host, where nobody listens in and a certificate is the exception.</summary>
    private async Task<Uri> Speaks(CancellationToken cancel)
    {
        var plain = new UriBuilder(Endpoint.Address) { Scheme = "http", Port = Endpoint.Address.IsDefaultPort ? -1 : Endpoint.Address.Port }.Uri;
        if (Endpoint is { IsLoopback: true, Address.IsDefaultPort: false })
        {
            return await SpeaksHttp(plain, cancel).ConfigureAwait(false) ? plain : Endpoint.Address;
        }

        return await SpeaksTls(cancel).ConfigureAwait(false) ? Endpoint.Address : plain;
    }

    /// <summary>What speaks TLS answers plain HTTP with a complaint (400) or not at all.</summary>
    private async Task<bool> SpeaksHttp(Uri plain, CancellationToken cancel)
    {
        using var ping = new HttpRequestMessage(HttpMethod.Get, new Uri(plain, $"{Endpoint.ApiPath}/"));
        try
        {
            using var answer = await transport.SendRaw(ping, cancel).ConfigureAwait(false);
            return answer.StatusCode != HttpStatusCode.BadRequest && (int)answer.StatusCode is < 300 or >= 400;
        }
        catch (Exception error) when (error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } && !Failure.IsCut(error))
        {
            throw Failure.Translate(error, plain);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private async Task<bool> SpeaksTls(CancellationToken cancel)
    {
        using var ping = new HttpRequestMessage(HttpMethod.Get, new Uri(Endpoint.Address, $"{Endpoint.ApiPath}/"));
        try
        {
            using var answer = await transport.SendRaw(ping, cancel).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (Failure.IsNotTls(error) || (Failure.IsRefusal(error) && Endpoint.Address.IsDefaultPort))
        {
            return false;
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw Failure.Translate(error, Endpoint.Address);
        }
    }

    private HttpRequestMessage Make(RegistryRequest request, Uri server, AuthenticationHeaderValue? word)
    {
        var message = new HttpRequestMessage(request.Method, request.Address ?? new Uri(server, $"{Endpoint.ApiPath}/{Endpoint.Name.Path}/{request.Path}")) { Content = request.Content?.Invoke() };
        foreach (var type in request.Accept)
        {
            message.Headers.TryAddWithoutValidation("Accept", type);
        }

        if (request.From > 0)
        {
            message.Headers.Range = new RangeHeaderValue(request.From, null);
        }

        // Where a registry sends an upload may be another host.
        if (!transport.IsOwn(message.RequestUri!))
        {
            return message;
        }

        foreach (var (name, value) in Endpoint.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        message.Headers.Authorization = word;
        return message;
    }

    private async Task<RegistryException> Refusal(HttpResponseMessage response, RegistryRequest request, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        var said = request.Method == HttpMethod.Head ? "" : await Said(response, cancel).ConfigureAwait(false);
        var host = Endpoint.Label;
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound => new(RegistryFailure.NotFound, $"{request.Subject}: not found at {host}{said}"),
            HttpStatusCode.Unauthorized when !authorizer.HasCredentials => new(RegistryFailure.Denied, $"{request.Subject}: {host} wants credentials, or has no such repository{said}; give --creds or --authfile"),
            HttpStatusCode.Unauthorized => new(RegistryFailure.Denied, $"{request.Subject}: {host} does not accept these credentials, or has no such repository{said}"),
            HttpStatusCode.Forbidden => new(RegistryFailure.Denied, $"{request.Subject}: {host} denies access{said}"),
            HttpStatusCode.TooManyRequests => new(RegistryFailure.Limited, $"{request.Subject}: {host} takes no more requests for now{(HttpTransport.AskedFor(response) is { } pause ? $": it asks to be left alone for {pause.TotalSeconds:0} s" : "")}{said}"),
            _ => new(RegistryFailure.Broken, $"{request.Subject}: {host} answers {status}{said}"),
        };
    }

    /// <summary>The registry's own reason, in brackets. See the specification, "Error Codes".</summary>
    private async Task<string> Said(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            var body = await Body.ReadLimited(response, LargestError, "the error", options, cancel).ConfigureAwait(false);
            var first = JsonField.Parse(body, "the error").Items("errors").FirstOrDefault();
            if (first.Element.ValueKind != JsonValueKind.Object)
            {
                return "";
            }

            var code = first.String("code");
            var message = first.String("message");
            return code is null && message is null ? "" : $" ({Printable.Short(string.Join(": ", ((string?[])[code, message]).OfType<string>()))})";
        }
        catch (ImageException)
        {
            // Whatever it says is no reason; the status is told all the same.
            return "";
        }
    }
}
