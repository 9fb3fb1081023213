using System.CommandLine;
using Peapod.Image;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>peapod image …</c></summary>
internal static class ImageCommands
{
    internal static Command Make()
    {
        var command = new Command("image", "load, list and remove images") { Load(), List(), Remove() };
        command.Options.Add(HostOptions.DataRoot);
        return command;
    }

    private static ImageStore Store(ParseResult parsed) => new(parsed.GetValue(HostOptions.DataRoot)!);

    private static Command Load()
    {
        var path = new Argument<string>("PATH") { Description = "an OCI image layout: a folder, or a tar of one", CompletionSources = { CompletionWords.Files } };
        var tag = new Option<string?>("--tag") { Description = "the name to give it, in place of its own" };
        var command = new Command("load", "load an image") { path, tag };
        command.SetAction(parsed =>
        {
            var bar = new LoadBar();
            try
            {
                foreach (var image in Store(parsed).Load(parsed.GetValue(path)!, new LoadOptions { Tag = parsed.GetValue(tag), Progress = bar.Progress }))
                {
                    bar.Erase();
                    Console.WriteLine($"Loaded image: {string.Join(", ", image.Names)}");
                }
            }
            finally
            {
                bar.Erase();
            }

            return 0;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("ls", "list the images");
        command.SetAction(parsed =>
        {
            Console.WriteLine($"{"NAME",-40} {"IMAGE ID",-14} SIZE");
            foreach (var image in Store(parsed).List())
            {
                foreach (var name in image.Names)
                {
                    Console.WriteLine($"{name,-40} {image.Id.Hex[..12],-14} {image.Size / 1e6:0.00}MB");
                }
            }

            return 0;
        });
        return command;
    }

    private static Command Remove()
    {
        var names = new Argument<string[]>("IMAGE") { Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Images } };
        var command = new Command("rm", "remove images") { names };
        command.SetAction(parsed =>
        {
            foreach (var name in parsed.GetValue(names)!)
            {
                var removed = Store(parsed).Remove(name);
                foreach (var untagged in removed.Untagged)
                {
                    Console.WriteLine($"Untagged: {untagged}");
                }

                foreach (var deleted in removed.Deleted)
                {
                    Console.WriteLine($"Deleted: {deleted}");
                }
            }

            return 0;
        });
        return command;
    }
}
