using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Output;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Which objects <c>--field-selector</c> means: <c>status.phase!=Running,metadata.namespace=demo</c>.</summary>
internal sealed class FieldSelector
{
    private static readonly string[] OfAll = ["metadata.name", "metadata.namespace"];

    /// <summary>Those that the API server indexes of pods.</summary>
    private static readonly string[] OfPods =
    [
        .. OfAll, "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ];

    private readonly List<(string Field, JsonPath Path, bool Equal, string Value)> terms = [];

    /// <param name="text">What was given.</param>
    /// <param name="plural">The kind's name, in which errors call it.</param>
    /// <exception cref="PodException">It is no selector, or no object of the kind is selected by such a field.</exception>
    internal static FieldSelector Parse(string text, string plural)
    {
        var selector = new FieldSelector();
        var known = plural switch { "pods" => OfPods, "secrets" => [.. OfAll, "type"], _ => OfAll };
        foreach (var term in text.Split(','))
        {
            var equals = term.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new PodException($"--field-selector \"{term}\": invalid selector; can't understand '{term}'\n  expected FIELD=VALUE or FIELD!=VALUE");
            }

            var differs = term[equals - 1] == '!';
            var field = term[..(differs ? equals - 1 : equals)];
            if (!known.AsSpan().Contains(field))
            {
                throw new PodException($"--field-selector: field label not supported: {field}\n  {plural} are selected by {string.Join(", ", known)}");
            }

            selector.terms.Add((field, JsonPath.Parse(field == "status.podIPs" ? "{.status.podIPs[*].ip}" : field), !differs, term[(equals + 1)..].TrimStart('=')));
        }

        return selector;
    }

    internal bool Matches(JsonObject one)
    {
        foreach (var (field, path, equal, value) in terms)
        {
            var found = path.Find(one).ConvertAll(JsonPath.Text);
            var holds = found.Count == 0 ? value == Absent(field) : found.Contains(value);
            if (holds != equal)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What a field is that the object does not have.</summary>
    private static string Absent(string field) => field switch { "spec.nodeName" => Layout.PodHost.NodeName, "spec.hostNetwork" => "false", "spec.schedulerName" => "default-scheduler", _ => "" };
}
