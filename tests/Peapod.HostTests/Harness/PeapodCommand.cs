namespace Peapod.HostTests.Harness;

/// <summary>Runs the built executable as a user does, with a state folder of the test's own.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

internal static class PeapodCommand
{
    internal static string Out { get; } = Environment.GetEnvironmentVariable("PEAPOD_OUT") ?? FindOut();

    /// <summary>An emulated machine with a busy host under it takes its time.</summary>
    private static int TimeoutMilliseconds { get; } = Environment.GetEnvironmentVariable("PEAPOD_VM") == "1" ? 120_000 : 30_000;

    internal static string Executable => Path.Combine(Out, "peapod");

    internal static CommandResult Run(params string[] arguments) => Start(Executable, arguments);

    /// <summary>The streams are files, not pipes: a detached container keeps them open long after the command has ended.</summary>
    internal static CommandResult Start(string executable, params string[] arguments)
    {
        var output = Path.GetTempFileName();
        try
        {
            string[] shell = ["-c", "exec \"$@\" </dev/null >\"$0\" 2>\"$0.error\"", output, executable, .. arguments];
            using var process = System.Diagnostics.Process.Start("sh", shell);
            if (!process.WaitForExit(TimeoutMilliseconds))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{executable} {string.Join(' ', arguments)} did not end: {File.ReadAllText(output + ".error")}");
            }

            return new CommandResult(process.ExitCode, File.ReadAllText(output), File.ReadAllText(output + ".error"));
        }
        finally
        {
            File.Delete(output);
            File.Delete(output + ".error");
        }
    }

    private static string FindOut()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Runtime.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new FileNotFoundException("Runtime.sln");
        }

        return Path.Combine(folder, "out");
    }
}
