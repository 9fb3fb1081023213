using Peapod.Pod.Cli.Output;

namespace Peapod.Pod.Cli.Description;

/// <summary>A description as kubectl lays it out: names and values in columns, a level deeper for each part of a part.</summary>
internal sealed class DescriptionWriter
{
    private const int LongestAnnotation = 140;
    private TabWriter block = TabWriter.ForDescription();
    private string done = "";

    /// <param name="level">0 for what is at the margin; two spaces each.</param>
    /// <param name="text">With tabs between name and value.</param>
    internal void Line(int level, string text) => block.Write(new string(' ', 2 * level) + text);

    internal void Field(int level, string name, string value) => Line(level, $"{name}:\t{value}");

    /// <summary>What follows has columns of its own.</summary>
    internal void Break()
    {
        done += block.ToText();
        block = TabWriter.ForDescription();
    }

    internal void Labels(string title, IReadOnlyDictionary<string, string>? labels)
    {
        var first = $"{title}:";
        foreach (var key in SortedKeys(labels))
        {
            Line(0, $"{first}\t{key}={labels![key]}");
            first = "";
        }

        if (first.Length > 0)
        {
            Line(0, $"{first}\t<none>");
        }
    }

    internal void Annotations(IReadOnlyDictionary<string, string>? annotations)
    {
        var first = "Annotations:";
        foreach (var key in SortedKeys(annotations))
        {
            var value = annotations![key].Trim('\n');
            if (value.Length + key.Length + 2 > LongestAnnotation || value.Contains('\n'))
            {
                Line(0, $"{first}\t{key}:");
                foreach (var line in value.Split('\n'))
                {
                    Line(0, $"\t  {(line.Length > LongestAnnotation - 2 ? line[..(LongestAnnotation - 5)] + "..." : line)}");
                }
            }
            else
            {
                Line(0, $"{first}\t{key}: {value}");
            }

            first = "";
        }

        if (first.Length > 0)
        {
            Line(0, $"{first}\t<none>");
        }
    }

    internal string ToText()
    {
        Break();
        return done;
    }

    internal static List<string> SortedKeys<T>(IReadOnlyDictionary<string, T>? values)
    {
        var keys = new List<string>(values?.Keys ?? []);
        keys.Sort(StringComparer.Ordinal);
        return keys;
    }
}
