using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Transport;

/// <summary>
/// The certificate authorities that this host trusts. The OpenSSL inside this executable looks where its builder had them, so they are looked for
/// where the distributions put them.
/// </summary>
internal static class HostAuthorities
{
    private static readonly string[] Bundles =
    [
        "/etc/ssl/certs/ca-certificates.crt", // Debian, Alpine, Arch
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
        "/etc/pki/tls/certs/ca-bundle.crt", // older ones of these
        "/etc/ssl/ca-bundle.pem", // SUSE
        "/etc/ssl/cert.pem", // Alpine, OpenBSD's
    ];

    private static readonly Lazy<X509Certificate2Collection> Read = new(Load);

    /// <summary>Empty on a host that has none.</summary>
    /// <exception cref="ImageException">SSL_CERT_FILE names something that cannot be read.</exception>
    internal static X509Certificate2Collection All => Read.Value;

    /// <exception cref="ImageException">There is no certificate in it.</exception>
    internal static void Add(X509Certificate2Collection to, string file)
    {
        var before = to.Count;
        try
        {
            to.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ImageException($"{file}: cannot be read as certificates in PEM", error);
        }

        if (to.Count == before)
        {
            throw new ImageException($"{file}: no certificate in PEM is in it");
        }
    }

    private static X509Certificate2Collection Load()
    {
        var all = new X509Certificate2Collection();
        var file = Environment.GetEnvironmentVariable("SSL_CERT_FILE") is { Length: > 0 } given ? given : null;
        var folder = Environment.GetEnvironmentVariable("SSL_CERT_DIR") is { Length: > 0 } named ? named : null;
        if (file is null && folder is null)
        {
            file = Array.Find(Bundles, static bundle => FileSystem.TryStat(bundle) is not null);
        }

        if (file is not null)
        {
            Add(all, file);
        }

        foreach (var certificate in folder is null ? [] : (List<string>)[.. ConfigurationFile.In(folder, ".pem"), .. ConfigurationFile.In(folder, ".crt")])
        {
            Add(all, certificate);
        }

        return all;
    }
}
