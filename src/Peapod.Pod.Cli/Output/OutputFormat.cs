using System.CommandLine;
using System.Text.Json.Nodes;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Cli.Output;

/// <summary>kubectl's <c>-o</c>: a table, or the objects themselves.</summary>
internal sealed record OutputFormat
{
    private const string JsonPathPrefix = "jsonpath=";
    private static readonly string[] Names = ["wide", "name", "json", "yaml", JsonPathPrefix];

    private string Text { get; init; } = "";

    internal bool IsTable => Text is "" or "wide";

    internal bool IsWide => Text == "wide";

    internal bool IsName => Text == "name";

    private JsonPath? Template { get; init; }

    internal static Option<string?> Option()
    {
        var option = new Option<string?>("--output", "-o") { Description = "wide, name, json, yaml or jsonpath=TEMPLATE", HelpName = "FORMAT" };
        option.CompletionSources.Add(Names);
        return option;
    }

    /// <exception cref="PodException">There is no such format, or its template is none.</exception>
    internal static OutputFormat Parse(string? text) => text switch
    {
        null => new OutputFormat(),
        "wide" or "name" or "json" or "yaml" => new OutputFormat { Text = text },
        _ when text.StartsWith(JsonPathPrefix, StringComparison.Ordinal) => new OutputFormat { Text = JsonPathPrefix, Template = JsonPath.Parse(text[JsonPathPrefix.Length..]) },
        _ => throw new PodException($"-o {text}: unknown format\n  expected wide, name, json, yaml or jsonpath=TEMPLATE"),
    };

    /// <summary>Prints the objects as the API has them: one that was asked for by its name as it is, others in a List.</summary>
    internal void Write(IReadOnlyList<JsonObject> objects, bool isOne)
    {
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
