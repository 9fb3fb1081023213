using System.CommandLine;
using Peapod.Pod.Cli.Completion;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>peapod completion</c>: a script for the shell.</summary>
internal static class CompletionCommand
{
    internal const string Name = "completion";

    private const string Help = """
        print a script by which the shell completes commands, flags, pods, containers and images

          source <(peapod completion bash)
          peapod completion zsh > /usr/local/share/zsh/site-functions/_peapod
          peapod completion fish > /etc/fish/completions/peapod.fish
        """;

    internal static Command Make()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(Name, Help) { shell };
        command.SetAction(parsed =>
        {
            Console.Write(parsed.GetValue(shell) switch { "bash" => ShellScripts.Bash, "zsh" => ShellScripts.Zsh, _ => ShellScripts.Fish });
            return 0;
        });
        return command;
    }
}
