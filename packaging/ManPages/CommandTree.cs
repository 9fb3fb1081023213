using System.CommandLine;
using Peapod.Cli;
using Peapod.Cli.Commands;
using Peapod.Image.Cli.Commands;
using Peapod.Pod.Cli.Commands;

namespace Peapod.ManPages;

/// <summary>The commands of the three executables as one tree, as their user sees them.</summary>
internal static class CommandTree
{
    /// <summary>The page of peapod, and below it one for each command that help lists.</summary>
    internal static IReadOnlyList<ManPage> Pages()
    {
        var globals = new GlobalOptions();
        var root = new Command("peapod", CommandTable.Summary);
        globals.AddTo(root);
        CommandTable.AddTo(root, [], globals);

        // The OCI executable lists these three without their options: they are the other executables' commands.
        Command[] others = [Pod(), ImageCommands.Make(), CompletionCommand.Make()];
        foreach (var other in others)
        {
            root.Subcommands.Remove(root.Subcommands.Single(listed => listed.Name == other.Name));
            root.Subcommands.Add(other);
        }

        var pages = new List<ManPage>();
        Add(pages, [root]);
        return pages;
    }

    /// <summary>peapod pod, each of its commands with all of its description: the list has only the first line.</summary>
    private static Command Pod()
    {
        var listed = PodCommands.Make(wanted: null);
        var names = listed.Subcommands.Select(static command => command.Name).ToList();
        listed.Subcommands.Clear();
        foreach (var name in names)
        {
            listed.Subcommands.Add(PodCommands.Make(name).Subcommands[0]);
        }

        return listed;
    }

    private static void Add(List<ManPage> pages, IReadOnlyList<Command> path)
    {
        pages.Add(new ManPage(path));
        foreach (var command in path[^1].Subcommands.Where(static command => !command.Hidden))
        {
            Add(pages, [.. path, command]);
        }
    }
}
