using System.CommandLine;
using System.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Cli.Selection;
using Peapod.Registry.Configuration;
using Peapod.Registry.Pushing;

namespace Peapod.Image.Cli.Commands;

/// <summary><c>peapod image push</c>, with podman's flags.</summary>
internal static class PushCommand
{
    internal static Command Make()
    {
        var image = new Argument<string>("IMAGE") { Description = "a name or an id", CompletionSources = { CompletionWords.Images } };
        var destination = new Argument<string?>("DESTINATION") { Description = "REGISTRY/NAME[:TAG]; by default what IMAGE is called", Arity = ArgumentArity.ZeroOrOne };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "say nothing" };
        var digestFile = new Option<string?>("--digestfile") { Description = "file to write the manifest's digest to", HelpName = "FILE", CompletionSources = { CompletionWords.Files } };
        var registry = new RegistryFlags();
        var command = new Command("push", "bring an image to a registry") { image, destination, quiet, digestFile };
        registry.AddTo(command);
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(image)!;
            var target = ImageReference.Parse(RegistryFlags.Bare(parsed.GetValue(destination) ?? name));
            var options = registry.Read(parsed);
            var isQuiet = parsed.GetValue(quiet);
            var pusher = new ImagePusher(ImageCommands.Store(parsed), RegistriesConf.Load(options.Warn), options)
            {
                BlobDone = isQuiet ? null : static (blob, wasThere) => Console.Error.WriteLine($"Copying blob sha256:{blob.Hex[..12]} {(wasThere ? "skipped: already exists" : "done")}"),
            };
            var digest = pusher.Push(name, target);
            if (!isQuiet)
            {
                Console.Error.WriteLine($"Pushed {target}: {digest}");
            }

            if (parsed.GetValue(digestFile) is { } file)
            {
                using var written = FileSystem.Open(file, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC, 0x1b6);
                FileSystem.Write(written, Encoding.ASCII.GetBytes(digest.ToString()), file);
            }

            return 0;
        });
        return command;
    }
}
