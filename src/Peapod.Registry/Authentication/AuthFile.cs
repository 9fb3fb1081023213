using System.Text;
using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Kernel.Files;
using Peapod.Registry.Configuration;

namespace Peapod.Registry.Authentication;

/// <summary>
/// containers-auth.json(5) and Docker's config.json, which are alike: credentials by registry, or by any leading part of a name,
/// and the names of helpers that keep them.
/// </summary>
internal sealed class AuthFile
{
    private const int LargestFile = 4 << 20;
    private const string DockerHubKey = "https://index.docker.io/v1/";

    private readonly JsonField root;
    private readonly bool isOldFormat;
    private readonly string path;

    private AuthFile(string path, JsonField root, bool isOldFormat)
    {
        this.path = path;
        this.root = root;
        this.isOldFormat = isOldFormat;
    }

    /// <summary>The files that are there, of which the first with an answer counts.</summary>
    /// <param name="given">The only one, when the user gives one; it must be there.</param>
    internal static IReadOnlyList<AuthFile> All(string? given)
    {
        given ??= Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE") is { Length: > 0 } variable ? variable : null;
        if (given is not null)
        {
            return [TryRead(given) ?? throw new ImageException($"authentication file \"{given}\" does not exist")];
        }

        var home = Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } set ? set : null;
        var run = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? $"{own}/containers/auth.json" : "/run/containers/0/auth.json";
        var docker = Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } folder ? folder : home is null ? null : $"{home}/.docker";
        var files = new List<AuthFile?> { TryRead(run) };
        files.Add(home is null ? null : TryRead($"{home}/.config/containers/auth.json"));
        files.Add(docker is null ? null : TryRead($"{docker}/config.json"));
        files.Add(home is null ? null : TryRead($"{home}/.dockercfg", isOldFormat: true));
        return files.OfType<AuthFile>().ToList();
    }

    /// <exception cref="ImageException">The file is damaged, or a helper fails.</exception>
    internal Credentials? Find(ImageReference name, TimeSpan patience)
    {
        var registry = name.Registry;
        if (!isOldFormat && (root.Object("credHelpers")?.String(registry) ?? root.Object("credHelpers")?.String(ServerOf(registry))) is { Length: > 0 } helper)
        {
            return CredentialHelper.Get(helper, ServerOf(registry), $"{path}: credHelpers", patience);
        }

        if ((isOldFormat ? root : root.Object("auths")) is { } auths && Find(auths, name) is { } found)
        {
            return found;
        }

        return !isOldFormat && root.String("credsStore") is { Length: > 0 } store ? CredentialHelper.Get(store, ServerOf(registry), $"{path}: credsStore", patience) : null;
    }

    internal static AuthFile? TryRead(string path, bool isOldFormat = false)
    {
        if (FileSystem.TryStat(path) is null)
        {
            return null;
        }

        var text = ConfigurationFile.TryRead(path, LargestFile);
        return string.IsNullOrWhiteSpace(text) ? null : new(path, JsonField.Parse(Encoding.UTF8.GetBytes(text), path), isOldFormat);
    }

    /// <summary>The longest leading part of the name that has credentials; the registry alone may be written as an address, as Docker does.</summary>
    private static Credentials? Find(JsonField auths, ImageReference name)
    {
        for (var key = name.Repository; ; key = key[..key.LastIndexOf('/')])
        {
            if (auths.Object(key) is { } exact && Read(exact) is { } found)
            {
                return found;
            }

            if (!key.Contains('/'))
            {
                break;
            }
        }

        foreach (var property in auths.Element.EnumerateObject())
        {
            if (HostOf(property.Name) == HostOf(name.Registry) && auths.Object(property.Name) is { } entry && Read(entry) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static Credentials? Read(JsonField entry)
    {
        var token = entry.String("identitytoken");
        if (entry.String("auth") is { Length: > 0 } auth)
        {
            string text;
            try
            {
                text = Encoding.UTF8.GetString(Convert.FromBase64String(auth)).TrimEnd('\0');
            }
            catch (FormatException error)
            {
                throw new ImageException($"{entry.Place}.auth: not base64", error);
            }

            var colon = text.IndexOf(':');
            return colon >= 0 ? new(text[..colon], text[(colon + 1)..], token) : throw new ImageException($"{entry.Place}.auth: decoded, it is not USER:PASSWORD");
        }

        // With a store Docker leaves an empty entry behind for each registry.
        return entry.String("username") is { Length: > 0 } user ? new(user, entry.String("password") ?? "", token) : token is null ? null : new("", "", token);
    }

    private static string ServerOf(string registry) => registry == "docker.io" ? DockerHubKey : registry;

    /// <summary>Docker writes "https://index.docker.io/v1/" where containers' tools write "docker.io". Others write addresses, too, but a path is a namespace.</summary>
    private static string HostOf(string key)
    {
        var bare = key.StartsWith("https://", StringComparison.Ordinal) ? key["https://".Length..] : key.StartsWith("http://", StringComparison.Ordinal) ? key["http://".Length..] : key;
        foreach (var version in (ReadOnlySpan<string>)["/v1/", "/v2/", "/v1", "/v2", "/"])
        {
            if (bare.EndsWith(version, StringComparison.Ordinal))
            {
                bare = bare[..^version.Length];
                break;
            }
        }

        return bare is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : bare;
    }
}
