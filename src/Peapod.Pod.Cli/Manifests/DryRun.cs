using System.CommandLine;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>kubectl's <c>--dry-run</c>: what would be done is told, and nothing is.</summary>
internal sealed class DryRun
{
    private readonly Option<string?> option = new("--dry-run")
    {
        Description = "client: check it and say what would be done; server: check it against this host, too", HelpName = "WHERE", Arity = ArgumentArity.ZeroOrOne, CompletionSources = { "client", "server", "none" },
    };

    internal void AddTo(Command command) => command.Options.Add(option);

    /// <exception cref="PodException">It has another value.</exception>
    internal DryRunKind Of(ParseResult parsed) => parsed.GetResult(option) is not { Implicit: false } ? DryRunKind.None : parsed.GetValue(option) switch
    {
        null or "client" => DryRunKind.Client,
        "server" => DryRunKind.Server,
        "none" => DryRunKind.None,
        var other => throw new PodException($"--dry-run={other}: expected client, server or none"),
    };

    /// <summary>What stands behind the line that says what would be done.</summary>
    internal static string Suffix(DryRunKind kind) => kind switch { DryRunKind.Client => " (dry run)", DryRunKind.Server => " (server dry run)", _ => "" };
}
