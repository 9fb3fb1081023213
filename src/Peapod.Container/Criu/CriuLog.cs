using System.Text;
using Peapod.Kernel.Files;

namespace Peapod.Container.Criu;

/// <summary>
/// Where criu writes its log: where it is told to, unless the configuration file that it is given (org.criu.config, else
/// /etc/criu/runc.conf) says otherwise, which has the last word. criu(8), "CONFIGURATION FILES".
/// </summary>
internal static class CriuLog
{
    /// <param name="configFile">The configuration file; null for none.</param>
    /// <param name="folder">The folder that criu is told to work in.</param>
    /// <param name="name">The log's name that criu is told.</param>
    /// <returns>The log's path.</returns>
    internal static string PathOf(string? configFile, string folder, string name)
    {
        var text = configFile is null || FileSystem.TryReadBytes(configFile) is not { } bytes ? "" : Encoding.UTF8.GetString(bytes);
        return Path.Combine(folder, Find(text, "work-dir") ?? "", Find(text, "log-file") ?? name);
    }

    /// <summary>The last value of an option; a line is a name, blanks or "=", and a value, in quotes or not, with a comment behind it or not.</summary>
    internal static string? Find(string text, string option)
    {
        string? found = null;
        foreach (var line in text.Split('\n'))
        {
            var trimmed = line.Trim();
            if (!trimmed.StartsWith(option, StringComparison.Ordinal) || trimmed.Length == option.Length || trimmed[option.Length] is not (' ' or '\t' or '='))
            {
                continue;
            }

            var value = trimmed[option.Length..].TrimStart(' ', '\t', '=');
            var end = value is ['"' or '\'', ..] ? value.IndexOf(value[0], 1) : value.IndexOfAny([' ', '\t', '#']);
            value = value is ['"' or '\'', ..] ? (end < 0 ? value[1..] : value[1..end]) : end < 0 ? value : value[..end];
            found = value.Length > 0 ? value : found;
        }

        return found;
    }
}
