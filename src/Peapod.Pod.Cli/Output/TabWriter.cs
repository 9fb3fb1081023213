using System.Text;
using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Cli.Output;

/// <summary>
/// Lines of cells in columns that are as wide as they must be, as kubectl's tables are: a line's last cell takes
/// part in no column, and a column is a run of lines that have a cell there.
/// </summary>
/// <param name="minimum">Least width of a column, in characters, padding included.</param>
/// <param name="padding">Spaces behind the widest cell of a column.</param>
/// <param name="remembers">A column never becomes narrower.</param>
internal sealed class TabWriter(int minimum, int padding, bool remembers)
{
    /// <summary>The widths of lists.</summary>
    internal static TabWriter ForTable() => new(6, 3, remembers: true);

    /// <summary>The widths of descriptions.</summary>
    internal static TabWriter ForDescription() => new(0, 2, remembers: false);

    private readonly List<string[]> lines = [];

    /// <summary>The widths of the columns so far, which none falls below: a table that goes on keeps its shape.</summary>
    private readonly List<int> known = [];

    /// <summary>Adds a line. A cell is one, whatever is written in it.</summary>
    internal void Row(params string[] cells) => lines.Add(Array.ConvertAll(cells, Printable.Line));

    /// <summary>The text of what was added since the last time, fit for a terminal.</summary>
    /// <param name="colour">The colour of a cell by line and column, or null; it takes no room.</param>
    internal string ToText(Func<int, int, Colour?>? colour = null)
    {
        var widths = new int[lines.Count][];
        for (var i = 0; i < lines.Count; i++)
        {
            widths[i] = new int[Math.Max(0, lines[i].Length - 1)];
        }

        for (var line = 0; line < lines.Count; line++)
        {
            for (var column = 0; column < widths[line].Length; column++)
            {
                if (widths[line][column] == 0)
                {
                    Measure(widths, line, column);
                }
            }
        }

        var text = new StringBuilder();
        for (var line = 0; line < lines.Count; line++)
        {
            Append(text, line, widths[line], colour);
        }

        lines.Clear();
        return text.ToString();
    }

    private void Measure(int[][] widths, int first, int column)
    {
        var end = first;
        var width = 0;
        for (; end < lines.Count && column < lines[end].Length - 1; end++)
        {
            width = Math.Max(width, Length(lines[end][column]));
        }

        width = Math.Max(minimum, width + padding);
        if (remembers)
        {
            while (known.Count <= column)
            {
                known.Add(0);
            }

            width = known[column] = Math.Max(known[column], width);
        }

        for (var line = first; line < end; line++)
        {
            widths[line][column] = width;
        }
    }

    private void Append(StringBuilder text, int line, int[] widths, Func<int, int, Colour?>? colour)
    {
        var cells = lines[line];
        for (var column = 0; column < cells.Length; column++)
        {
            var painted = colour?.Invoke(line, column);
            text.Append(painted is { } paint ? paint.Of(cells[column]) : cells[column]);
            if (column < widths.Length)
            {
                text.Append(' ', Math.Max(0, widths[column] - Length(cells[column])));
            }
        }

        text.Append('\n');
    }

    /// <summary>In characters, not in the halves that UTF-16 cuts some into.</summary>
    private static int Length(string cell)
    {
        var length = 0;
        foreach (var _ in cell.EnumerateRunes())
        {
            length++;
        }

        return length;
    }
}
