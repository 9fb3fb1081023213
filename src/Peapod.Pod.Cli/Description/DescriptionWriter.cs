using Peapod.Pod.Cli.Output;

namespace Peapod.Pod.Cli.Description;

/// <summary>A description as kubectl lays it out: names and values in columns, a level deeper for each part of a part.</summary>
internal sealed class DescriptionWriter
{
    private const int LongestAnnotation = 140;
    private TabWriter block = TabWriter.ForDescription();
    private string done = "";

    /// <param name="level">0 for what is at the margin; two spaces each.</param>
    /// <param name="cells">A name and its values, as columns.</param>
    internal void Line(int level, params string[] cells) => block.Row([new string(' ', 2 * level) + cells[0], .. cells[1..]]);

    /// <summary>A value of several lines stays below its beginning, so that none of them looks like another field.</summary>
    internal void Field(int level, string name, string value)
    {
        var first = $"{name}:";
        foreach (var line in value.Split('\n'))
        {
            Line(level, first, line);
            first = "";
        }
    }

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
            Line(0, first, $"{key}={labels![key]}");
            first = "";
        }

        if (first.Length > 0)
        {
            Line(0, first, "<none>");
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
                Line(0, first, $"{key}:");
                foreach (var line in value.Split('\n'))
                {
                    Line(0, "", $"  {(line.Length > LongestAnnotation - 2 ? line[..(LongestAnnotation - 5)] + "..." : line)}");
                }
            }
            else
            {
                Line(0, first, $"{key}: {value}");
            }

            first = "";
        }

        if (first.Length > 0)
        {
            Line(0, first, "<none>");
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
