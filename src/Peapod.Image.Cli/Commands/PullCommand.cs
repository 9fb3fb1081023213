using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Peapod.Image.Documents;
using Peapod.Pod.Cli.Commands;
using Peapod.Registry.Configuration;
using Peapod.Registry.Pulling;

namespace Peapod.Image.Cli.Commands;

/// <summary><c>peapod image pull</c>, with podman's flags. What is pulled goes to standard output, how it goes to standard error.</summary>
internal static class PullCommand
{
    internal static Command Make()
    {
        var names = new Argument<string[]>("NAME") { Description = "images: [REGISTRY/]NAME[:TAG][@DIGEST]", Arity = ArgumentArity.OneOrMore };
        var all = new Option<bool>("--all-tags", "-a") { Description = "every tag of the repository" };
        var platform = new Option<string?>("--platform") { Description = "what the image is to run on", HelpName = "OS/ARCH[/VARIANT]" };
        var os = new Option<string?>("--os") { Description = "operating system of the image", HelpName = "OS" };
        var arch = new Option<string?>("--arch") { Description = "processor architecture of the image", HelpName = "ARCH" };
        var variant = new Option<string?>("--variant") { Description = "variant of the architecture", HelpName = "VARIANT" };
        var policy = new Option<string>("--policy") { Description = "always, missing (only what is not there), never, or newer (as always, and what is there will do when the registry cannot be asked)", DefaultValueFactory = static _ => "always", HelpName = "POLICY" };
        policy.CompletionSources.Add("always", "missing", "never", "newer");
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only the ids" };
        var output = new Option<string?>("--output", "-o") { Description = "json: a line of JSON for each image in place of its id", HelpName = "FORMAT" };
        var registry = new RegistryFlags();
        var command = new Command("pull", "bring images in from a registry") { names, all, platform, os, arch, variant, policy, quiet, output };
        registry.AddTo(command);
        command.SetAction(parsed =>
        {
            var format = parsed.GetValue(output);
            if (format is not (null or "json"))
            {
                throw new ImageException($"--output: \"{format}\" is not json");
            }

            var wanted = PlatformOf(parsed.GetValue(platform), parsed.GetValue(os), parsed.GetValue(arch), parsed.GetValue(variant));
            var when = PolicyOf(parsed.GetValue(policy)!);
            var progress = new PullProgress(parsed.GetValue(quiet) || format is not null);
            var options = registry.Read(parsed);
            var puller = new ImagePuller(ImageCommands.Store(parsed), RegistriesConf.Load(options.Warn), options) { Trying = progress.Trying };
            var load = new LoadOptions { Platform = wanted, Progress = progress.Progress, LayerDone = progress.LayerDone, LayersAtOnce = 4 };
            return EachPod.Do(parsed.GetValue(names)!, given =>
            {
                var name = RegistryFlags.Bare(given);
                var clock = Stopwatch.StartNew();
                try
                {
                    foreach (var pulled in parsed.GetValue(all) ? puller.PullAll(name, load) : [puller.Pull(name, when, load)])
                    {
                        progress.Done();
                        Console.WriteLine(format is null ? pulled.Image.Id.Hex : Json(pulled, clock.Elapsed));
                    }
                }
                finally
                {
                    progress.Done();
                }
            });
        });
        return command;
    }

    private static Platform? PlatformOf(string? platform, string? os, string? arch, string? variant)
    {
        if (platform is not null)
        {
            return os is null && arch is null && variant is null ? Platform.Parse(platform, "--platform") : throw new ImageException("--platform says already what --os, --arch and --variant say");
        }

        return os is null && arch is null && variant is null ? null : Platform.Of(os ?? Platform.Host.Os, arch ?? Platform.Host.Architecture, variant);
    }

    private static PullPolicy PolicyOf(string text) => text.ToLowerInvariant() switch
    {
        "always" or "true" => PullPolicy.Always,
        "missing" or "ifnotpresent" => PullPolicy.Missing,
        "never" or "false" => PullPolicy.Never,
        "newer" or "ifnewer" => PullPolicy.Newer,
        _ => throw new ImageException($"--policy: \"{text}\" is none of always, missing, never and newer"),
    };

    private static string Json(PulledImage pulled, TimeSpan time)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("name", pulled.Name.ToString());
            json.WriteString("id", pulled.Image.Id.ToString());
            json.WriteString("digest", pulled.Image.Digest.ToString());
            json.WriteNumber("size", pulled.Image.Size);
            json.WriteBoolean("fetched", pulled.WasFetched);
            json.WriteNumber("milliseconds", (long)time.TotalMilliseconds);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
