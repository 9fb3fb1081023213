using System.CommandLine;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod logs</c>.</summary>
internal static class LogsCommand
{
    internal static Command Make()
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "go on until the pod has ended" };
        var container = new Option<string?>("--container", "-c") { Description = "which container; by default the first" };
        var name = new Argument<string>("POD");
        var command = new Command("logs", "print what a container wrote") { follow, container, name };
        command.SetAction(parsed =>
        {
            var folders = HostOptions.FindSupervised(parsed, parsed.GetValue(name)!);
            LogFollower.Follow(folders, Choose(folders, parsed.GetValue(container)), parsed.GetValue(follow));
            return 0;
        });
        return command;
    }

    /// <summary>The container that is meant: the named one, or the first.</summary>
    internal static string Choose(PodFolders folders, string? wanted)
    {
        var names = ManifestFile.Read(folders).Spec.Containers.Select(static spec => spec.Name).ToList();
        if (wanted is null)
        {
            if (names.Count > 1)
            {
                Console.Error.WriteLine($"Defaulted container \"{names[0]}\" out of: {string.Join(", ", names)}");
            }

            return names[0];
        }

        return names.Contains(wanted) ? wanted : throw new PodException($"container {wanted} is not valid for pod {folders.Name}; it has: [{string.Join(' ', names)}]");
    }
}
