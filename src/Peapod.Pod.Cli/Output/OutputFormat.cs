using System.CommandLine;
using System.Text.Json.Nodes;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Output;

/// <summary>kubectl's <c>-o</c>: a table, or the objects themselves.</summary>
internal sealed record OutputFormat
{
    private const string JsonPathPrefix = "jsonpath=";
    private const string ColumnsPrefix = "custom-columns=";
    private const string ColumnsFilePrefix = "custom-columns-file=";
    private const string Expected = "wide, name, json, yaml, jsonpath=TEMPLATE, custom-columns=COLUMNS or custom-columns-file=FILE";
    private static readonly string[] Names = ["wide", "name", "json", "yaml", JsonPathPrefix, ColumnsPrefix, ColumnsFilePrefix];

    private string Text { get; init; } = "";

    internal bool IsTable => Text is "" or "wide";

    internal bool IsWide => Text == "wide";

    internal bool IsName => Text == "name";

    private JsonPath? Template { get; init; }

    private CustomColumns? Columns { get; init; }

    internal static Option<string?> Option()
    {
        var option = new Option<string?>("--output", "-o") { Description = Expected, HelpName = "FORMAT" };
        option.CompletionSources.Add(Names);
        return option;
    }

    /// <exception cref="PodException">There is no such format, or its template is none.</exception>
    internal static OutputFormat Parse(string? text) => text switch
    {
        null => new OutputFormat(),
        "wide" or "name" or "json" or "yaml" => new OutputFormat { Text = text },
        _ when text.StartsWith(JsonPathPrefix, StringComparison.Ordinal) => new OutputFormat { Text = JsonPathPrefix, Template = JsonPath.Parse(text[JsonPathPrefix.Length..]) },
        _ when text.StartsWith(ColumnsPrefix, StringComparison.Ordinal) => new OutputFormat { Text = ColumnsPrefix, Columns = CustomColumns.Parse(text[ColumnsPrefix.Length..]) },
        _ when text.StartsWith(ColumnsFilePrefix, StringComparison.Ordinal) => new OutputFormat { Text = ColumnsFilePrefix, Columns = CustomColumns.ReadFile(text[ColumnsFilePrefix.Length..]) },
        _ => throw new PodException($"-o {text}: unknown format\n  expected {Expected}"),
    };

    /// <summary>Prints the objects as the API has them: one that was asked for by its name as it is, others in a List.</summary>
    /// <param name="objects">The objects.</param>
    /// <param name="isOne">Whether one was asked for.</param>
    /// <param name="headings">Whether columns have them.</param>
    internal void Write(IReadOnlyList<JsonObject> objects, bool isOne, bool headings = true)
    {
        if (Columns is not null)
        {
            DescriptorWriter.Output.WriteAsIs(Columns.ToText(objects, headings));
            return;
        }

        var text = Print(objects, isOne);
        if (Template is not null && Libc.isatty(1) != 1)
        {
            // For a script, which wants the value itself; JSON and YAML have escapes for it.
            DescriptorWriter.Output.WriteAsIs(text);
        }
        else
        {
            Console.Write(text);
        }
    }

    private string Print(IReadOnlyList<JsonObject> objects, bool isOne)
    {
        var root = isOne && objects.Count == 1 ? objects[0] : List(objects);
        return Text switch
        {
            "json" => root.ToJsonString(JsonText.Indented) + "\n",
            "yaml" => YamlText.Of(root),
            _ => Template!.Print(root),
        };
    }

    private static JsonObject List(IReadOnlyList<JsonObject> objects) => new()
    {
        ["apiVersion"] = "v1",
        ["items"] = new JsonArray([.. objects]),
        ["kind"] = "List",
        ["metadata"] = new JsonObject { ["resourceVersion"] = "" },
    };
}
