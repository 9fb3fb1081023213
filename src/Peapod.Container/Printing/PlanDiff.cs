using System.Text;

namespace Peapod.Container.Printing;

/// <summary>Compares two printed plans line by line: what only one of them does is marked - or +, as diff(1) -u marks it.</summary>
public static class PlanDiff
{
    /// <param name="before">From <see cref="PlanPrinter.ToText"/>.</param>
    /// <param name="after">From <see cref="PlanPrinter.ToText"/>.</param>
    /// <returns>All lines, marked; null when the plans are the same.</returns>
    public static string? Compare(string before, string after)
    {
        if (before == after)
        {
            return null;
        }

        var old = before.TrimEnd('\n').Split('\n');
        var now = after.TrimEnd('\n').Split('\n');
        var common = CommonLengths(old, now);
        var text = new StringBuilder();
        for (int i = 0, j = 0; i < old.Length || j < now.Length;)
        {
            if (i < old.Length && j < now.Length && old[i] == now[j])
            {
                text.Append(' ').Append(old[i++]).Append('\n');
                j++;
            }
            else if (j == now.Length || (i < old.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                text.Append('-').Append(old[i++]).Append('\n');
            }
            else
            {
                text.Append('+').Append(now[j++]).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Length of the longest common subsequence of what follows line i of one and line j of the other.</summary>
    private static int[,] CommonLengths(string[] old, string[] now)
    {
        var lengths = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
            {
                lengths[i, j] = old[i] == now[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        return lengths;
    }
}
