using System.CommandLine;
using Peapod.Container.Foreground;

namespace Peapod.Pod.Cli.Commands;

/// <summary>--detach-keys: how a terminal is left that goes on without this command.</summary>
internal static class DetachOption
{
    private static readonly Option<string> Keys = new("--detach-keys")
    {
        Description = "keys that leave the terminal, which goes on; an empty text for none", DefaultValueFactory = static _ => DetachKeys.Default, HelpName = "KEYS",
    };

    internal static void AddTo(Command command) => command.Options.Add(Keys);

    internal static DetachKeys? Read(ParseResult parsed)
    {
        var text = parsed.GetValue(Keys)!;
        try
        {
            return DetachKeys.Parse(text);
        }
        catch (FormatException e)
        {
            throw new PodException($"--detach-keys \"{text}\": {e.Message}\n  expected such as ctrl-p,ctrl-q", e);
        }
    }
}
