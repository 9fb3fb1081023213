using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using static Peapod.Pod.Supervision.Probes.OpenSsl;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>One TLS connection between memory and memory: the socket is its owner's. Nobody's certificate is looked at, as the kubelet's probes do not either.</summary>
internal sealed unsafe class TlsSession : IDisposable
{
    private const int BufferSize = 16384;

    private readonly nint context;
    private readonly nint ssl;
    private readonly nint incoming;
    private readonly nint outgoing;

    /// <param name="host">Who is called; a name is told to the server (SNI), an address is not.</param>
    internal TlsSession(string host)
    {
        // Without the host's openssl.cnf.
        OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, 0);
        context = SSL_CTX_new(TLS_client_method());

        // A server's short key is no reason to call it dead.
        SSL_CTX_set_security_level(context, 0);
        ssl = SSL_new(context);
        (incoming, outgoing) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_bio(ssl, incoming, outgoing);
        SSL_set_connect_state(ssl);
        if (!IPAddress.TryParse(host, out _))
        {
            fixed (byte* name = Encoding.ASCII.GetBytes(host + '\0'))
            {
                SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, name);
            }
        }
    }

    internal bool IsOpen { get; private set; }

    /// <summary>Takes what came from the server.</summary>
    internal void Feed(ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            BIO_write(incoming, bytes, data.Length);
        }
    }

    /// <summary>Goes on with the handshake as far as it can.</summary>
    /// <returns>What has gone wrong, or null.</returns>
    internal string? Handshake()
    {
        ERR_clear_error();
        var result = SSL_do_handshake(ssl);
        IsOpen = result == 1;
        return IsOpen || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ ? null : Failure();
    }

    internal void Write(ReadOnlySpan<byte> text)
    {
        fixed (byte* bytes = text)
        {
            _ = SSL_write(ssl, bytes, text.Length);
        }
    }

    /// <summary>Adds what is to be sent to the server.</summary>
    internal void TakeOutgoing(List<byte> target)
    {
        var buffer = stackalloc byte[BufferSize];
        int count;
        while ((count = BIO_read(outgoing, buffer, BufferSize)) > 0)
        {
            target.AddRange(new ReadOnlySpan<byte>(buffer, count));
        }
    }

    /// <summary>Some of what the server has said.</summary>
    /// <param name="closed">It has said its last word.</param>
    /// <param name="failure">What has gone wrong, or null.</param>
    internal byte[] Read(out bool closed, out string? failure)
    {
        var buffer = stackalloc byte[BufferSize];
        ERR_clear_error();
        var count = SSL_read(ssl, buffer, BufferSize);
        if (count > 0)
        {
            (closed, failure) = (false, null);
            return new ReadOnlySpan<byte>(buffer, count).ToArray();
        }

        var error = SSL_get_error(ssl, count);
        closed = error == SSL_ERROR_ZERO_RETURN;
        failure = closed || error == SSL_ERROR_WANT_READ ? null : Failure();
        return [];
    }

    public void Dispose()
    {
        // With both buffers.
        SSL_free(ssl);
        SSL_CTX_free(context);
    }

    private static string Failure() => $"tls: {Marshal.PtrToStringUTF8((nint)ERR_reason_error_string(ERR_get_error())) ?? "failed"}";
}
