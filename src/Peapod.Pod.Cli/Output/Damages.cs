using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Cli.Output;

/// <summary>
/// Files of ours that cannot be read any more, met with in listing what there is: each is named once on standard error, the rest is shown, and
/// the command ends with 1.
/// </summary>
internal static class Damages
{
    private static HashSet<string>? told;

    internal static void Tell(string sentence)
    {
        if ((told ??= []).Add(sentence))
        {
            Console.Error.WriteLine($"peapod: {Printable.Sentence(sentence)}");
        }
    }

    /// <summary>The exit code of a command that would else have this one.</summary>
    internal static int ExitCode(int exitCode) => exitCode == 0 && told is not null ? 1 : exitCode;
}
