using System.Globalization;
using Peapod.Kernel.Files;

namespace Peapod.Shim.Logs;

/// <summary>
/// The files of a container's log: <c>N.log</c> holds what its run N (its restart count) writes now, <c>N.log.1</c>, <c>N.log.2</c> and so on
/// what that run wrote before, in this order.
/// </summary>
internal static class LogFiles
{
    private const string Suffix = ".log";

    /// <summary>The part that is written now comes after all others.</summary>
    private const int Present = int.MaxValue;

    internal static string PathOf(string folder, int run) => $"{folder}/{run}{Suffix}";

    internal static string PathOf(string folder, int run, int part) => part == Present ? PathOf(folder, run) : $"{PathOf(folder, run)}.{part}";

    /// <summary>What there is, in the order it was written.</summary>
    internal static List<(int Run, int Part)> List(string folder)
    {
        var files = new List<(int Run, int Part)>();
        foreach (var name in FileSystem.TryStat(folder) is null ? [] : FileSystem.List(folder))
        {
            if (TryParse(name, out var run, out var part))
            {
                files.Add((run, part));
            }
        }

        files.Sort();
        return files;
    }

    private static bool TryParse(string name, out int run, out int part)
    {
        part = Present;
        run = 0;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && int.TryParse(name.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out run)
            && name.AsSpan(dot) is var rest && rest.StartsWith(Suffix)
            && (rest.Length == Suffix.Length || (rest[Suffix.Length] == '.' && int.TryParse(rest[(Suffix.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out part)));
    }
}
