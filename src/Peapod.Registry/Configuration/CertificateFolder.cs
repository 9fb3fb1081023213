using Peapod.Image;
using Peapod.Kernel.Files;

namespace Peapod.Registry.Configuration;

/// <summary>
/// Docker's folder of certificates for one registry: <c>*.crt</c> are authorities, <c>*.cert</c> with a <c>*.key</c> of the same name are what this host
/// shows of itself. See containers-certs.d(5).
/// </summary>
internal sealed record CertificateFolder(IReadOnlyList<string> Authorities, IReadOnlyList<(string Certificate, string Key)> ClientCertificates)
{
    private static readonly string[] Parents = ["/etc/containers/certs.d", "/etc/docker/certs.d"];

    /// <param name="registry">Host and port as in names.</param>
    internal static CertificateFolder Find(string registry, RegistryOptions options)
    {
        if (options.CertificateFolder is { } given)
        {
            return FileSystem.TryStat(given) is { IsDirectory: true } ? Read(given) : throw new ImageException($"--cert-dir: \"{given}\" is not a folder");
        }

        var parents = Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? [$"{home}/.config/containers/certs.d", .. Parents] : Parents;
        foreach (var parent in parents)
        {
            if (FileSystem.TryStat($"{parent}/{registry}") is { IsDirectory: true })
            {
                return Read($"{parent}/{registry}");
            }
        }

        return new([], []);
    }

    /// <exception cref="ImageException">Half of a pair is missing.</exception>
    internal static CertificateFolder Read(string folder)
    {
        var pairs = new List<(string, string)>();
        foreach (var certificate in ConfigurationFile.In(folder, ".cert"))
        {
            var key = $"{certificate[..^".cert".Length]}.key";
            pairs.Add(FileSystem.TryStat(key) is not null
                ? (certificate, key)
                : throw new ImageException($"{certificate}: its key {key} is missing; the name of an authority's certificate ends with .crt"));
        }

        foreach (var key in ConfigurationFile.In(folder, ".key"))
        {
            var certificate = $"{key[..^".key".Length]}.cert";
            if (FileSystem.TryStat(certificate) is null)
            {
                throw new ImageException($"{key}: its certificate {certificate} is missing");
            }
        }

        return new(ConfigurationFile.In(folder, ".crt"), pairs);
    }
}
