using System.Text.Json.Nodes;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Pod.Cli.Output;

/// <summary>The table of <c>-o custom-columns=HEADING:PATH,…</c>, as kubectl prints it: several values with commas between them, none as <c>&lt;none&gt;</c>.</summary>
internal sealed class CustomColumns
{
    private const string Flag = "-o custom-columns";
    private const string None = "<none>";
    private const int MaximumSize = 1 << 20;

    private readonly List<(string Heading, JsonPath Path)> columns;

    private CustomColumns(List<(string Heading, JsonPath Path)> columns) => this.columns = columns;

    /// <exception cref="PodException">It is no list of columns.</exception>
    internal static CustomColumns Parse(string text)
    {
        if (text.Length == 0)
        {
            throw new PodException($"{Flag}: custom-columns format specified but no custom columns given\n  expected {Flag}=NAME:.metadata.name,...");
        }

        var columns = new List<(string Heading, JsonPath Path)>();
        foreach (var column in text.Split(','))
        {
            var colon = column.IndexOf(':', StringComparison.Ordinal);
            columns.Add(colon > 0 && colon < column.Length - 1
                ? (column[..colon], JsonPath.Parse(column[(colon + 1)..]))
                : throw new PodException($"{Flag}: unexpected custom-columns spec: {column}, expected <header>:<json-path-expr>"));
        }

        return new(columns);
    }

    /// <summary>A file with the headings in its first line and the paths in its second, blanks between them.</summary>
    /// <exception cref="PodException">It cannot be read, or is none.</exception>
    internal static CustomColumns ReadFile(string file)
    {
        string[] lines;
        try
        {
            lines = System.Text.Encoding.UTF8.GetString(FileSystem.ReadInput(file, MaximumSize)).Split('\n');
        }
        catch (KernelException e)
        {
            throw new PodException($"{Flag}-file={file}: {KernelException.Describe(e.Error)}", e);
        }

        var headings = Words(lines, 0);
        var paths = Words(lines, 1);
        if (headings.Length == 0 || headings.Length != paths.Length)
        {
            throw new PodException($"{Flag}-file={file}: number of headers ({headings.Length}) and field specifications ({paths.Length}) don't match");
        }

        return new([.. headings.Zip(paths.Select(JsonPath.Parse))]);
    }

    private static string[] Words(string[] lines, int line) => line < lines.Length ? lines[line].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];

    internal string ToText(IEnumerable<JsonObject> objects, bool headings)
    {
        var table = TabWriter.ForTable();
        if (headings)
        {
            table.Row([.. columns.Select(static column => column.Heading)]);
        }

        foreach (var one in objects)
        {
            table.Row([.. columns.Select(column => Cell(column.Path.Find(one)))]);
        }

        return table.ToText();
    }

    private static string Cell(List<JsonNode?> values) => values.Count == 0 ? None : string.Join(',', values.Select(static value => value is null ? None : JsonPath.Text(value)));
}
