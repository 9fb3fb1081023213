using System.Net;
using Peapod.Image;

namespace Peapod.Registry.Configuration;

/// <summary>A host that may have an image, and how it is talked to.</summary>
internal sealed record Endpoint
{
    private const string DockerHub = "docker.io";
    private const string DockerHubHost = "registry-1.docker.io";

    /// <summary>What the image is called there; credentials are looked up by it.</summary>
    internal required ImageReference Name { get; init; }

    /// <summary>Scheme, host and port.</summary>
    internal required Uri Address { get; init; }

    /// <summary>Before <c>/NAME/manifests/…</c>.</summary>
    internal string ApiPath { get; init; } = "/v2";

    /// <summary>What to call it in a message.</summary>
    internal required string Label { get; init; }

    internal bool IsMirror { get; init; }

    /// <summary>When it does not speak TLS at all, HTTP will do.</summary>
    internal bool MayBePlain { get; init; }

    internal bool SkipVerify { get; init; }

    internal bool CanPull { get; init; } = true;

    internal bool CanResolve { get; init; } = true;

    internal bool CanPush { get; init; } = true;

    internal IReadOnlyList<string> Authorities { get; init; } = [];

    internal IReadOnlyList<(string Certificate, string Key)> ClientCertificates { get; init; } = [];

    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    internal bool IsLoopback => IsLoopbackHost(Address);

    /// <summary>Where an image may be had, the mirrors first.</summary>
    /// <exception cref="ImageException">A file is damaged, or the registry is blocked.</exception>
    internal static IReadOnlyList<Endpoint> Of(ImageReference name, RegistriesConf conf, RegistryOptions options)
    {
        if (conf.Find(name) is { } entry)
        {
            if (entry.Blocked)
            {
                throw new RegistryException(RegistryFailure.Denied, $"{name}: registry {entry.Prefix} is blocked by {entry.Place}");
            }

            var found = entry.Mirrors.Where(mirror => mirror.Serves(name))
                .Select(mirror => Of(entry.Rewrite(name, mirror.Location), mirror.Insecure, options) with { IsMirror = true, CanPush = false }).ToList();
            found.Add(Of(entry.Rewrite(name, entry.Location), entry.Insecure, options));
            return found;
        }

        return HostsToml.Find(options.HostsFolder, name.Registry, options.Warn) is { } hosts
            ? hosts.Hosts.Select(host => Of(name, host, options)).ToList()
            : [Of(name, insecure: false, options)];
    }

    private static Endpoint Of(ImageReference name, bool insecure, RegistryOptions options)
    {
        var host = name.Registry == DockerHub ? DockerHubHost : name.Registry;
        var address = new Uri($"https://{host}");
        var certificates = CertificateFolder.Find(name.Registry, options);
        return new()
        {
            Name = name,
            Address = address,
            Label = name.Registry,
            MayBePlain = options.TlsVerify switch { true => false, false => true, null => insecure || IsLoopbackHost(address) },
            SkipVerify = options.TlsVerify switch { true => false, false => true, null => insecure },
            Authorities = certificates.Authorities,
            ClientCertificates = certificates.ClientCertificates,
        };
    }

    private static Endpoint Of(ImageReference name, HostEntry host, RegistryOptions options)
    {
        var plain = Of(name, insecure: false, options) with { CanPull = host.CanPull, CanResolve = host.CanResolve, CanPush = host.CanPush, Headers = host.Headers };
        if (host.Authorities.Count > 0 || host.ClientCertificates.Count > 0)
        {
            plain = plain with { Authorities = host.Authorities, ClientCertificates = host.ClientCertificates };
        }

        var skips = options.TlsVerify switch { true => false, false => true, null => host.SkipVerify };
        if (host.Address is not { } address)
        {
            return plain with { SkipVerify = skips };
        }

        var path = address.AbsolutePath.TrimEnd('/');
        return plain with
        {
            Address = new Uri(address.GetLeftPart(UriPartial.Authority)),
            ApiPath = host.OverridePath || path.EndsWith("/v2", StringComparison.Ordinal) ? path : $"{path}/v2",
            Label = address.Authority,
            IsMirror = !host.IsServer,
            MayBePlain = plain.MayBePlain && IsLoopbackHost(address) && options.TlsVerify != true,
            SkipVerify = skips,
        };
    }

    private static bool IsLoopbackHost(Uri address) =>
        address.IdnHost is "localhost" || (IPAddress.TryParse(address.IdnHost, out var ip) && IPAddress.IsLoopback(ip));
}
