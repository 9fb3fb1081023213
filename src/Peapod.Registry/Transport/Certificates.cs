using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Peapod.Image;
using Peapod.Kernel.Terminals;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Transport;

/// <summary>How TLS is spoken with a registry: whom it is believed, and what is shown of this host.</summary>
internal static class Certificates
{
    /// <param name="endpoint">The registry.</param>
    /// <param name="isForeign">For a host that it sends to: neither its authorities nor this host's certificates are meant for that.</param>
    internal static SslClientAuthenticationOptions Options(Endpoint endpoint, bool isForeign)
    {
        if (endpoint.SkipVerify)
        {
            // Whoever marked the registry as insecure asked for it.
#pragma warning disable CA5359
            return new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true, ClientCertificates = isForeign ? null : Own(endpoint) };
#pragma warning restore CA5359
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(HostAuthorities.All);
        foreach (var file in isForeign ? [] : endpoint.Authorities)
        {
            HostAuthorities.Add(policy.CustomTrustStore, file);
        }

        return new()
        {
            CertificateChainPolicy = policy,
            ClientCertificates = isForeign ? null : Own(endpoint),
            RemoteCertificateValidationCallback = (stream, certificate, chain, errors) => errors == SslPolicyErrors.None
                ? true
                : throw new RegistryException(RegistryFailure.Unreachable, Describe((stream as SslStream)?.TargetHostName ?? endpoint.Label, endpoint, certificate as X509Certificate2, chain, errors)),
        };
    }

    private static X509CertificateCollection? Own(Endpoint endpoint)
    {
        if (endpoint.ClientCertificates.Count == 0)
        {
            return null;
        }

        var own = new X509CertificateCollection();
        foreach (var (certificate, key) in endpoint.ClientCertificates)
        {
            try
            {
                own.Add(X509Certificate2.CreateFromPemFile(certificate, key));
            }
            catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new ImageException($"{certificate}: it cannot be used with the key {key}: both must be PEM, the key without a password, and belong together", error);
            }
        }

        return own;
    }

    private static string Describe(string host, Endpoint endpoint, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return $"{host} shows no certificate";
        }

        var flags = X509ChainStatusFlags.NoError;
        foreach (var status in chain?.ChainStatus ?? [])
        {
            flags |= status.Status;
        }

        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return $"the certificate of {host} is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd} only; this host's date is {DateTime.UtcNow:yyyy-MM-dd}";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return $"the certificate of {host} is for {Printable.Short(certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false))}, not for {host}";
        }

        var hint = HostAuthorities.All.Count == 0 ? "this host has no certificate authorities (the package ca-certificates has them)" : $"put the certificate of its authority into /etc/containers/certs.d/{endpoint.Label}/ca.crt, or give --tls-verify=false";
        return $"the certificate of {host} is not signed by an authority that this host trusts: its issuer is {Printable.Short(certificate.Issuer)}\n  {hint}";
    }
}
