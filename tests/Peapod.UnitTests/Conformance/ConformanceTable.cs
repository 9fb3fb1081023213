using System.Reflection;
using System.Text;
using Peapod.Tests;

namespace Peapod.UnitTests.Conformance;

/// <summary>Which test is about which row, read from the tests' own attributes; docs/oci-conformance.md.</summary>
internal sealed class ConformanceTable
{
    private readonly Dictionary<string, List<string>> tests = [];
    private readonly List<string> unknown = [];

    internal ConformanceTable(params Assembly[] assemblies)
    {
        foreach (var row in ConformanceRows.OfCommands().Concat(ConformanceRows.OfFields()))
        {
            tests.TryAdd(row, []);
        }

        foreach (var type in assemblies.SelectMany(static assembly => assembly.GetTypes()).OrderBy(static type => type.Name, StringComparer.Ordinal))
        {
            foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            {
                Add(method, $"{type.Name}.{method.Name}");
            }
        }
    }

    /// <summary>Rows that tests name and that are not there.</summary>
    internal IReadOnlyList<string> Unknown => unknown;

    internal int Covered => tests.Values.Count(static names => names.Count > 0);

    internal int Count => tests.Count;

    internal string ToMarkdown()
    {
        var text = new StringBuilder($"""
            # What of runc and the runtime-spec is tested

            Made from the tests' `[Covers]` attributes; `PEAPOD_UPDATE_GOLDEN=1 make unit` writes it anew. {Covered} of {Count} rows have a test.


            """);
        Append(text, "Commands and flags", ConformanceRows.OfCommands());
        Append(text, "Fields of config.json", ConformanceRows.OfFields());
        return text.ToString();
    }

    private void Append(StringBuilder text, string heading, IEnumerable<string> rows)
    {
        text.Append($"## {heading}\n\n| | tests |\n|---|---|\n");
        foreach (var row in rows.Distinct())
        {
            text.Append($"| `{row}` | {(tests[row].Count == 0 ? "none yet" : string.Join("<br>", tests[row]))} |\n");
        }

        text.Append('\n');
    }

    private void Add(MethodInfo method, string name)
    {
        foreach (var row in Rows(method))
        {
            var matching = tests.Where(entry => entry.Key == row || entry.Key.StartsWith(row + ".", StringComparison.Ordinal)).ToList();
            if (matching.Count == 0)
            {
                unknown.Add($"{name}: {row}");
            }

            foreach (var (_, names) in matching)
            {
                if (!names.Contains(name))
                {
                    names.Add(name);
                }
            }
        }
    }

    // By name: each test project has an attribute type of its own.
    private static IEnumerable<string> Rows(MethodInfo method) => method.GetCustomAttributes().Where(static attribute => attribute.GetType().FullName == typeof(CoversAttribute).FullName)
        .SelectMany(static attribute => (IReadOnlyList<string>)attribute.GetType().GetProperty(nameof(CoversAttribute.Rows))!.GetValue(attribute)!);
}
