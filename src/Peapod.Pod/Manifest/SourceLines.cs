namespace Peapod.Pod.Manifest;

/// <summary>The source line of every field of one document, by its path.</summary>
internal sealed class SourceLines(int first)
{
    private readonly Dictionary<string, int> _lines = [];

    /// <summary>The line on which the document begins.</summary>
    public int First { get; } = first;

    /// <summary>All fields, in the order in which they were read.</summary>
    public IEnumerable<string> Paths => _lines.Keys;

    /// <summary>The path of a member: <c>metadata.name</c>, but <c>metadata.labels[example.com/tier]</c>.</summary>
    public static string Member(string path, string name) =>
        path.Length == 0 ? name : IsPlain(name) ? $"{path}.{name}" : $"{path}[{name}]";

    public static string Element(string path, int index) => $"{path}[{index}]";

    /// <summary>The path of what contains the field; empty for a document's own members.</summary>
    public static string Parent(string path) => path[..Math.Max(path.LastIndexOfAny(['.', '[']), 0)];

    /// <summary>Whether the field is <paramref name="container"/> itself or stands in it.</summary>
    public static bool IsWithin(string path, string container) =>
        container.Length > 0
        && path.StartsWith(container, StringComparison.Ordinal)
        && (path.Length == container.Length || path[container.Length] is '.' or '[');

    public void Set(string path, int line) => _lines[path] = line;

    /// <summary>The line of <paramref name="path"/>, or of the nearest field around it that is written down.</summary>
    public int Of(string path)
    {
        while (path.Length > 0)
        {
            if (_lines.TryGetValue(path, out var line))
            {
                return line;
            }

            path = Parent(path);
        }

        return First;
    }

    private static bool IsPlain(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
