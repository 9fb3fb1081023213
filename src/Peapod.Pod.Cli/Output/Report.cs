using Peapod.Kernel.Terminals;
using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Output;

/// <summary>What went wrong, in sentences on standard error. A line end that somebody else wrote begins no line here.</summary>
internal static class Report
{
    /// <param name="subject">What the failure is about, when its own sentence does not say it.</param>
    internal static void Error(Exception failure, string subject = "") =>
        Console.Error.WriteLine($"peapod: {subject}{(failure is ManifestException ? failure.Message : Printable.Sentence(failure.Message))}");

    internal static void Warn(string sentence) => Console.Error.WriteLine($"warning: {Printable.Sentence(sentence)}");
}
