using Peapod.Image;

namespace Peapod.Registry.Configuration;

/// <summary>What a name without a registry may mean.</summary>
public static class ShortName
{
    private const string DefaultRegistry = "docker.io";

    /// <summary>Full names, to be tried in this order; one for a name that has a registry already.</summary>
    /// <exception cref="ImageException">It is no name, or it could mean several things and nobody has said which.</exception>
    public static IReadOnlyList<ImageReference> Resolve(string text, RegistriesConf conf)
    {
        var plain = ImageReference.Parse(text);
        if (ImageReference.HasRegistry(text))
        {
            return [plain];
        }

        var rest = text.IndexOfAny([':', '@']) is >= 0 and var end ? text[end..] : "";
        var name = text[..^rest.Length];
        if (conf.Aliases.TryGetValue(name, out var alias))
        {
            return [ImageReference.Parse(alias + rest)];
        }

        // Without a word from the host, what Docker takes a short name for.
        if (conf.Search is null)
        {
            return [plain];
        }

        var candidates = conf.Search.Select(registry => registry == DefaultRegistry ? plain : ImageReference.Parse($"{registry}/{text}")).ToList();
        return candidates.Count switch
        {
            0 => throw new ImageException($"\"{text}\" is a short name: {conf.SearchFile} has no alias for it and an empty list of unqualified-search-registries; give the registry, too: docker.io/{text}"),
            > 1 when conf.Mode == ShortNameMode.Enforcing => throw new ImageException(
                $"\"{text}\" is a short name that could mean {string.Join(" or ", candidates)}; give the registry, too, or an alias in {conf.SearchFile} (short-name-mode is enforcing)"),
            _ => candidates,
        };
    }
}
