using System.Globalization;

namespace Peapod.Container.Lifecycle;

/// <summary>What the host's ps(1) printed, cut down to some processes, as runc does. Pure.</summary>
public static class ProcessTable
{
    /// <summary>The heading and the lines of those processes.</summary>
    /// <exception cref="ContainerException">There is no column PID, or something else than a number in it.</exception>
    public static IReadOnlyList<string> Filter(string output, IReadOnlyList<int> pids)
    {
        var lines = output.Split('\n');
        var column = Array.IndexOf(Fields(lines[0]), "PID");
        if (column < 0)
        {
            throw new ContainerException("ps: couldn't find PID field in ps output");
        }

        var wanted = new HashSet<int>(pids);
        var result = new List<string> { lines[0] };
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Length == 0)
            {
                continue;
            }

            var fields = Fields(lines[i]);
            var text = column < fields.Length ? fields[column] : "";
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                throw new ContainerException($"ps: unable to parse pid: \"{text}\" in \"{lines[i]}\"");
            }

            if (wanted.Contains(pid))
            {
                result.Add(lines[i]);
            }
        }

        return result;
    }

    private static string[] Fields(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
