using Peapod.Pod.Cli.Output;

namespace Peapod.Pod.Cli.Selection;

/// <summary>What <c>pod wait --for</c> waits for.</summary>
internal sealed class WaitCondition
{
    private const string Condition = "condition=";
    private const string Path = "jsonpath=";

    private string? Name { get; init; }

    private JsonPath? Template { get; init; }

    /// <summary>Null: that there is a value is enough.</summary>
    private string? Value { get; init; }

    internal bool IsDelete { get; private init; }

    internal bool IsCreate { get; private init; }

    /// <exception cref="PodException">It is none of those.</exception>
    internal static WaitCondition Parse(string text)
    {
        if (text.Equals("delete", StringComparison.OrdinalIgnoreCase) || text.Equals("create", StringComparison.OrdinalIgnoreCase))
        {
            return new() { IsDelete = text[0] is 'd' or 'D', IsCreate = text[0] is 'c' or 'C' };
        }

        if (text.StartsWith(Condition, StringComparison.Ordinal) && text.Length > Condition.Length)
        {
            var (name, value) = Split(text[Condition.Length..]);
            return new() { Name = name, Value = value ?? "True" };
        }

        if (text.StartsWith(Path, StringComparison.Ordinal) && text.Length > Path.Length)
        {
            // Behind the closing brace, as a filter inside has equals signs, too.
            var rest = text[Path.Length..];
            var brace = rest.LastIndexOf('}');
            var equals = rest.IndexOf('=', Math.Max(0, brace));
            return new() { Template = JsonPath.Parse(equals < 0 ? rest : rest[..equals]), Value = equals < 0 ? null : rest[(equals + 1)..].Trim('"', '\'') };
        }

        throw new PodException($"--for \"{text}\": unrecognized condition\n  expected condition=NAME[=VALUE], create, delete, or jsonpath='{{PATH}}'[=VALUE]");
    }

    /// <param name="pod">Null when it is not there.</param>
    internal bool Holds(PodView? pod)
    {
        if (IsDelete || IsCreate)
        {
            return pod is null == IsDelete;
        }

        if (pod is null)
        {
            return false;
        }

        if (Template is not null)
        {
            var found = Template.Find(pod.ToJson());
            return Value is null ? found.Exists(static value => value is not null && JsonPath.Text(value).Length > 0) : found is [var only] && JsonPath.Text(only) == Value;
        }

        foreach (var condition in pod.Status.Conditions)
        {
            if (condition.Type.Equals(Name, StringComparison.OrdinalIgnoreCase))
            {
                return condition.Status.Equals(Value, StringComparison.OrdinalIgnoreCase);
            }
        }

        return false;
    }

    private static (string Name, string? Value) Split(string text) => text.IndexOf('=') is >= 0 and var equals ? (text[..equals], text[(equals + 1)..]) : (text, null);
}
