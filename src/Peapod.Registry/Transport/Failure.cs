using System.Net.Sockets;
using System.Security.Authentication;
using Peapod.Kernel.Terminals;

namespace Peapod.Registry.Transport;

/// <summary>What went wrong with a connection, in words. .NET's own messages are not in the ahead-of-time build.</summary>
internal static class Failure
{
    /// <summary>May be over the next moment: a connection that was cut.</summary>
    internal static bool IsCut(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (e is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } or SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted })
            {
                return true;
            }
        }

        return error is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } || (error is IOException && error is not HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse });
    }

    /// <summary>The other end does not speak TLS; that is not said of a certificate that is refused.</summary>
    internal static bool IsNotTls(Exception error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } && Known(error) is null;

    internal static bool IsRefusal(Exception error) => error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };

    /// <param name="error">What a request ended with.</param>
    /// <param name="address">Whom it was for.</param>
    internal static RegistryException Translate(Exception error, Uri address)
    {
        if (Known(error) is { } known)
        {
            return new(known.Failure, known.Message, error);
        }

        var host = address.Authority;
        return error switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Unreachable($"the host name {address.IdnHost} is not known", error),
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => Unreachable($"cannot reach {host} through the proxy that HTTPS_PROXY names", error),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Unreachable($"cannot speak TLS with {host}{Reason(error)}; a registry that speaks plain HTTP must be marked as insecure, or --tls-verify=false given", error),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } =>
                new(RegistryFailure.Broken, $"{host} answers something that is not HTTP", error),
            _ when IsCut(error) => Unreachable($"{host} closed the connection before its answer was complete", error),
            _ => Unreachable($"cannot connect to {host}{Reason(error)}", error),
        };
    }

    private static RegistryException Unreachable(string message, Exception error) => new(RegistryFailure.Unreachable, message, error);

    private static RegistryException? Known(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (e is RegistryException known)
            {
                return known;
            }
        }

        return null;
    }

    private static string Reason(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return ": connection refused";
                case SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown }:
                    return ": no route to it";
                case SocketException { SocketErrorCode: SocketError.TimedOut }:
                    return ": it does not answer";
                case SocketException socket:
                    return $": {Printable.Short(socket.SocketErrorCode.ToString())}";
                case AuthenticationException:
                    return ": the handshake failed";
            }
        }

        return "";
    }
}
