using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>attacker.c, compiled once, as a static program that runs on the host and in containers.</summary>
internal static class Attacker
{
    private static readonly Lazy<string> Compiled = new(Compile);

    internal static string Executable => Compiled.Value;

    internal static void PutInto(Bundle bundle) => File.Copy(Executable, bundle.PathInRootfs("attacker"));

    /// <summary>Swaps a directory's entry with each of the others, until the process is killed.</summary>
    internal static Process Exchange(string folder, string name, params string[] others) => Process.Start(Executable, ["exchange", folder, name, .. others]);

    private static string Compile()
    {
        var folder = Directory.CreateTempSubdirectory("peapod-attacker-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var source = Path.GetFullPath(Path.Combine(PeapodCommand.Out, "..", "tests/Peapod.HostTests/Security/attacker.c"));
        var result = PeapodCommand.Start("gcc", "-O2", "-static", "-o", $"{folder}/attacker", source);
        Assert.True(result.ExitCode == 0, result.Error);
        return $"{folder}/attacker";
    }
}
