using Peapod.Image;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Authentication;

/// <summary>Finds the credentials for a name: the user's own word, then the authentication files, then the host's credential helpers. Reads nothing before it is asked.</summary>
internal sealed class CredentialSource(RegistriesConf conf, RegistryOptions options)
{
    private const string InFiles = "containers-auth.json";

    private readonly Lock access = new();
    private readonly Dictionary<string, Credentials?> found = [];
    private IReadOnlyList<AuthFile>? files;

    /// <exception cref="ImageException">A file is damaged, or a helper fails.</exception>
    internal Credentials? Find(ImageReference name)
    {
        lock (access)
        {
            if (!found.TryGetValue(name.Repository, out var credentials))
            {
                found[name.Repository] = credentials = options.Credentials is { } given ? Parse(given) : FindInFiles(name);
            }

            return credentials;
        }
    }

    /// <summary>The word after <c>--creds</c>.</summary>
    internal static Credentials Parse(string text) => text.IndexOf(':') is > 0 and var colon
        ? new(text[..colon], text[(colon + 1)..])
        : throw new ImageException("--creds: expected USER:PASSWORD");

    private Credentials? FindInFiles(ImageReference name)
    {
        files ??= AuthFile.All(options.AuthFile);
        foreach (var file in files)
        {
            if (file.Find(name, options.HelperTimeout) is { } credentials)
            {
                return credentials;
            }
        }

        foreach (var helper in options.AuthFile is null ? conf.CredentialHelpers ?? [] : [])
        {
            if (helper != InFiles && CredentialHelper.Get(helper, name.Registry, "registries.conf: credential-helpers", options.HelperTimeout) is { } credentials)
            {
                return credentials;
            }
        }

        return null;
    }
}
