using System.CommandLine;
using System.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod edit</c>: a pod's manifest in an editor, and applied, as kubectl's.</summary>
internal static class EditCommand
{
    private const uint PrivateFile = 0x180; // 0600

    private const string Help = """
        change a pod in an editor: what is saved is applied

        The editor is that of KUBE_EDITOR, else of EDITOR, else vi. What cannot be is shown in the file again, with the reason, to be put right.

          peapod pod edit web
          KUBE_EDITOR=nano peapod pod edit web -n demo
        """;

    private const string Heading = """
        # Please edit the object below. Lines beginning with a '#' will be ignored,
        # and an empty file will abort the edit. If an error occurs while saving this file will be
        # reopened with the relevant failures.
        #

        """;

    internal static Command Make()
    {
        var names = new Argument<string[]>("POD") { Description = "the pods' names", Arity = ArgumentArity.OneOrMore, CompletionSources = { CompletionWords.Pods } };
        var command = new Command("edit", Help) { names };
        command.SetAction(parsed =>
        {
            var given = parsed.GetValue(names)!;
            return EachPod.Do(given is ["pod" or "pods" or "po", _, ..] ? given[1..] : given, name => Edit(HostOptions.Host(parsed), HostOptions.FindSupervised(parsed, name)));
        });
        return command;
    }

    private static void Edit(PodHost host, PodFolders folders)
    {
        var original = YamlText.Of(ManifestWriter.ToJsonNode(ManifestFile.Read(folders)));
        using var folder = new TemporaryFolder("peapod-edit");
        var file = $"{folder.Path}/{folders.Name}.yaml";
        var (text, refused) = (original, (string?)null);
        while (true)
        {
            var edited = Ask(file, text, refused);
            if (edited.Trim().Length == 0 || (edited == text && refused is null))
            {
                Console.Error.WriteLine(edited == text ? "Edit cancelled, no changes made." : "Edit cancelled, saved file was empty.");
                return;
            }

            if (edited == text)
            {
                folder.Keep();
                throw new PodException($"Edit cancelled, no valid changes were saved.\n  a copy of your changes is in {file}");
            }

            try
            {
                Console.WriteLine($"pod/{folders.Name} {(Apply(host, folders, edited) ? "edited" : "unchanged")}");
                return;
            }
            catch (Exception e) when (PodFailure.Is(e))
            {
                (text, refused) = (edited, e.Message);
            }
        }
    }

    /// <summary>What the user makes of a text.</summary>
    /// <param name="refused">Why it could not be taken before; null at first.</param>
    private static string Ask(string file, string text, string? refused)
    {
        var reason = refused is null ? "" : string.Concat($"{Printable.Sentence(refused)}".Split('\n').Select(static line => $"# {line}\n")) + "#\n";
        using (var folder = FileSystem.OpenDirectory(Path.GetDirectoryName(file)!))
        {
            FileSystem.Replace(folder, Path.GetFileName(file), Encoding.UTF8.GetBytes(Heading + reason + text), PrivateFile);
        }

        var editor = Environment.GetEnvironmentVariable("KUBE_EDITOR") is { Length: > 0 } own ? own : Environment.GetEnvironmentVariable("EDITOR") is { Length: > 0 } usual ? usual : "vi";
        if (HostProgram.Run("sh", "-c", $"{editor} \"$1\"", "sh", file) is not 0 and var exitCode)
        {
            throw new PodException($"there was a problem with the editor \"{editor}\": exit code {exitCode}\n  KUBE_EDITOR names another one");
        }

        return string.Concat(Encoding.UTF8.GetString(FileSystem.ReadInput(file, ManifestReader.MaximumSize)).Split('\n').Where(static line => !line.StartsWith('#')).Select(static line => line + "\n")).TrimEnd('\n') + "\n";
    }

    /// <returns>Whether something changed.</returns>
    private static bool Apply(PodHost host, PodFolders folders, string text)
    {
        var pods = ManifestReader.Read("", text).Pods;
        if (pods is not [var pod] || pod.Metadata.Name != folders.Name || pod.Metadata.Namespace != folders.Namespace)
        {
            throw new PodException("the edited file must hold this pod: its name and namespace cannot change");
        }

        var before = ManifestFile.Read(folders);
        foreach (var container in PodUpdate.WithNewImages(before.Spec, pod.Spec))
        {
            PodImages.Bring(host, container, mayRename: false);
        }

        using var change = PodChange.Begin(folders);
        var update = PodUpdate.Of(change.Live, pod);
        if (update.Refused.Count > 0)
        {
            throw new PodException(update.Refusal().Message.Split("\n  --force")[0]);
        }

        if (update.IsChange)
        {
            change.Write(update.Next);
        }

        return update.IsChange;
    }
}
