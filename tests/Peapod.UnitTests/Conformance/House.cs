using System.Text.RegularExpressions;

namespace Peapod.UnitTests.Conformance;

/// <summary>The project's sources, as far as their <c>using</c>s and sizes tell what it is made of.</summary>
internal static partial class House
{
    /// <param name="Room">The project: a folder in src.</param>
    /// <param name="Namespace">Its folder in there.</param>
    /// <param name="Uses">The namespaces of ours that it uses.</param>
    /// <param name="Lines">How long it is.</param>
    internal sealed record Source(string Room, string Namespace, IReadOnlyList<string> Uses, int Lines);

    internal static IReadOnlyList<Source> Read()
    {
        var sources = new List<Source>();
        var root = Path.Combine(Repository.Root, "src");
        foreach (var file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(root, file).Split('/');
            if (path[1] is "obj" or "bin")
            {
                continue;
            }

            var text = File.ReadAllText(file);
            sources.Add(new(path[0], Namespace().Match(text) is { Success: true } own ? own.Groups[1].Value : $"{path[0]}/{path[^1]}", [.. Using().Matches(text).Select(static match => match.Groups[1].Value)], text.Count(static c => c == '\n')));
        }

        return sources;
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (?:static )?(Peapod[\w.]*);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
