using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Which of the objects found are listed, and in which order: <c>--field-selector</c> and <c>--sort-by</c>.</summary>
internal sealed class ListOptions
{
    private readonly Option<string?> fields = new("--field-selector") { Description = "only those with these fields: status.phase!=Running,metadata.name=web", HelpName = "FIELDS" };
    private readonly Option<string?> sortBy = new("--sort-by") { Description = "in the order of the values at this JSONPath: .metadata.creationTimestamp", HelpName = "PATH" };

    internal void AddTo(Command command)
    {
        command.Options.Add(fields);
        command.Options.Add(sortBy);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="items">What was found.</param>
    /// <param name="plural">Their kind.</param>
    /// <param name="toJson">An object as the API has it.</param>
    /// <exception cref="PodException">One of the flags has no such value.</exception>
    internal List<T> Apply<T>(ParseResult parsed, List<T> items, string plural, Func<T, JsonObject> toJson)
    {
        if (parsed.GetValue(fields) is { } text)
        {
            var selector = FieldSelector.Parse(text, plural);
            items = items.FindAll(item => selector.Matches(toJson(item)));
        }

        if (parsed.GetValue(sortBy) is not { } order)
        {
            return items;
        }

        var path = JsonPath.Parse(order);
        var keyed = items.ConvertAll(item => (Item: item, Key: path.Find(toJson(item)).FirstOrDefault()));
        if (keyed.Count > 0 && keyed.TrueForAll(static pair => pair.Key is null))
        {
            throw new PodException($"--sort-by {order}: couldn't find any field with path \"{order}\" in the list of objects");
        }

        return [.. keyed.OrderBy(static pair => pair.Key, Comparer<JsonNode?>.Create(Compare)).Select(static pair => pair.Item)];
    }

    /// <summary>What is not there first; numbers and quantities by their size, all else as people count.</summary>
    private static int Compare(JsonNode? left, JsonNode? right)
    {
        if (left is null || right is null)
        {
            return (left is null ? 0 : 1) - (right is null ? 0 : 1);
        }

        var (a, b) = (JsonPath.Text(left), JsonPath.Text(right));
        return Number(a) is { } one && Number(b) is { } other ? one.CompareTo(other) : NaturalOrder.Comparer.Compare(a, b);
    }

    private static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : Quantity.TryParse(text, out var quantity) ? quantity.Amount : null;
}
