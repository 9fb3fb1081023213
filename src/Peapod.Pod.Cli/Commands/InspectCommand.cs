using System.CommandLine;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod inspect</c>: the manifest with its defaults, and the status.</summary>
internal static class InspectCommand
{
    internal static Command Make()
    {
        var output = new Option<string?>("--output", "-o") { Description = "json (the default), yaml or jsonpath=TEMPLATE", HelpName = "FORMAT" };
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("inspect", "print pods with their defaults and status, as JSON") { output, names };
        command.SetAction(parsed =>
        {
            var format = OutputFormat.Parse(parsed.GetValue(output) ?? "json");
            if (format.IsTable || format.IsName)
            {
                throw new PodException($"-o {parsed.GetValue(output)}: expected json, yaml or jsonpath=TEMPLATE");
            }

            var pods = parsed.GetValue(names)!.Select(name => PodView.Read(HostOptions.Find(parsed, name)).ToJson()).ToList();
            format.Write(pods, isOne: true);
            return 0;
        });
        return command;
    }
}
