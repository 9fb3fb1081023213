using System.CommandLine;
using Peapod.Pod.Cli.Commands;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;

namespace Peapod.Image.Cli.Commands;

/// <summary><c>peapod image …</c></summary>
internal static class ImageCommands
{
    internal static Command Make()
    {
        var command = new Command("image", "pull, push, load, save, list and remove images") { PullCommand.Make(), PushCommand.Make(), Load(), List(), SaveCommand.Make(), InspectCommand.Make(), Tag(), Remove(), Prune() };
        command.Options.Add(HostOptions.DataRoot);
        return command;
    }

    internal static ImageStore Store(ParseResult parsed) => new(parsed.GetValue(HostOptions.DataRoot)!) { Damage = Damages.Tell };

    private static Command Load()
    {
        var path = new Argument<string>("PATH") { Description = "an OCI image layout, as a folder or a tar, or an archive of docker save or podman save", CompletionSources = { CompletionWords.Files } };
        var tag = new Option<string?>("--tag", "-t") { Description = "the name to give it, in place of its own", HelpName = "NAME" };
        var command = new Command("load", "load images from a folder or an archive") { path, tag };
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
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only the names" };
        var command = new Command("ls", "list the images") { quiet };
        command.SetAction(parsed =>
        {
            var table = TabWriter.ForTable();
            table.Row("NAME", "IMAGE ID", "SIZE");
            foreach (var image in Store(parsed).List())
            {
                foreach (var name in image.Names)
                {
                    if (parsed.GetValue(quiet))
                    {
                        Console.WriteLine(name);
                    }

                    table.Row(name, image.Id.Hex[..12], StatsCommand.Bytes(image.Size));
                }
            }

            Console.Write(parsed.GetValue(quiet) ? "" : table.ToText());
            return 0;
        });
        return command;
    }

    private static Command Tag()
    {
        var image = new Argument<string>("IMAGE") { Description = "a name or an id", CompletionSources = { CompletionWords.Images } };
        var names = new Argument<string[]>("NAME") { Description = "names to give it", Arity = ArgumentArity.OneOrMore };
        var command = new Command("tag", "give an image more names") { image, names };
        command.SetAction(parsed => EachPod.Do(parsed.GetValue(names)!, name => Store(parsed).Tag(parsed.GetValue(image)!, name)));
        return command;
    }

    private static Command Prune()
    {
        var command = new Command("prune", "remove images without a name, and layers that no image and no container needs");
        command.SetAction(parsed =>
        {
            var store = Store(parsed);
            foreach (var image in store.List().Where(static image => image.Names.Count == 0))
            {
                store.Remove(image.Id.ToString());
                Console.WriteLine(image.Id.Hex);
            }

            if (!store.CollectGarbage())
            {
                Report.Warn("an image is being brought in; what nobody needs is left until the next time");
            }

            return 0;
        });
        return command;
    }

    private static Command Remove()
    {
        var names = new Argument<string[]>("IMAGE") { Description = "names or ids", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Images } };
        var command = new Command("rm", "remove images") { names };
        command.SetAction(parsed =>
        {
            return EachPod.Do(parsed.GetValue(names)!, name =>
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
            });
        });
        return command;
    }
}
