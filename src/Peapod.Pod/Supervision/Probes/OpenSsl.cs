using System.Runtime.InteropServices;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>What HTTPS probes need of OpenSSL 3, which peapod-pod is linked with: .NET's own TLS would load it at run time, which a static executable cannot.</summary>
internal static unsafe partial class OpenSsl
{
    internal const int SSL_ERROR_WANT_READ = 2;
    internal const int SSL_ERROR_ZERO_RETURN = 6;
    internal const int SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
    internal const ulong OPENSSL_INIT_NO_LOAD_CONFIG = 0x80;

    private const string Library = "libssl";
    private const string Crypto = "libcrypto";

    [LibraryImport(Library)]
    internal static partial int OPENSSL_init_ssl(ulong options, nint settings);

    [LibraryImport(Library)]
    internal static partial nint TLS_client_method();

    [LibraryImport(Library)]
    internal static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Library)]
    internal static partial void SSL_CTX_free(nint context);

    [LibraryImport(Library)]
    internal static partial void SSL_CTX_set_security_level(nint context, int level);

    [LibraryImport(Library)]
    internal static partial nint SSL_new(nint context);

    [LibraryImport(Library)]
    internal static partial void SSL_free(nint ssl);

    [LibraryImport(Library)]
    internal static partial void SSL_set_bio(nint ssl, nint reads, nint writes);

    [LibraryImport(Library)]
    internal static partial void SSL_set_connect_state(nint ssl);

    [LibraryImport(Library)]
    internal static partial long SSL_ctrl(nint ssl, int command, long number, void* argument);

    [LibraryImport(Library)]
    internal static partial int SSL_do_handshake(nint ssl);

    [LibraryImport(Library)]
    internal static partial int SSL_read(nint ssl, void* buffer, int length);

    [LibraryImport(Library)]
    internal static partial int SSL_write(nint ssl, void* buffer, int length);

    [LibraryImport(Library)]
    internal static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Crypto)]
    internal static partial nint BIO_s_mem();

    [LibraryImport(Crypto)]
    internal static partial nint BIO_new(nint type);

    [LibraryImport(Crypto)]
    internal static partial int BIO_read(nint bio, void* buffer, int length);

    [LibraryImport(Crypto)]
    internal static partial int BIO_write(nint bio, void* buffer, int length);

    [LibraryImport(Crypto)]
    internal static partial ulong ERR_get_error();

    [LibraryImport(Crypto)]
    internal static partial byte* ERR_reason_error_string(ulong error);

    [LibraryImport(Crypto)]
    internal static partial void ERR_clear_error();
}
