using System.CommandLine.Completions;
using Peapod.Image;
using Peapod.Kernel.Files;

namespace Peapod.Pod.Cli.Selection;

/// <summary>What the shell completes: names of what there is. A failure is no word, not an error.</summary>
internal static class CompletionWords
{
    /// <summary>Only when a shell asks: help would print them in place of an option's own word.</summary>
    internal static bool AreWanted { get; set; }

    internal static IEnumerable<CompletionItem> Pods(CompletionContext context) => Try(() =>
    {
        var wanted = context.ParseResult.GetValue(HostOptions.Namespace);
        return HostOptions.Host(context.ParseResult).Pods().Where(pod => pod.Namespace == wanted).Select(static pod => pod.Name);
    });

    internal static IEnumerable<CompletionItem> Namespaces(CompletionContext context) => Try(() =>
        HostOptions.Host(context.ParseResult).Pods().Select(static pod => pod.Namespace).Append("default").Distinct());

    internal static IEnumerable<CompletionItem> Images(CompletionContext context) => Try(() =>
        new ImageStore(context.ParseResult.GetValue(HostOptions.DataRoot)!).List().SelectMany(static image => image.Names));

    /// <summary>The containers of the pods that the line names.</summary>
    internal static IEnumerable<CompletionItem> Containers(CompletionContext context) => Try(() =>
    {
        var host = HostOptions.Host(context.ParseResult);
        var wanted = context.ParseResult.GetValue(HostOptions.Namespace)!;
        var words = context.ParseResult.Tokens.Select(static token => token.Value).ToHashSet();
        var names = host.Pods().Where(pod => pod.Namespace == wanted && words.Contains(pod.Name)).SelectMany(static pod => PodView.ReadOnly(pod).ContainerNames());
        return names.Distinct();
    });

    /// <summary>Paths, folders with a slash at their end.</summary>
    internal static Func<CompletionContext, IEnumerable<CompletionItem>> Files => static context => Try(() =>
    {
        var word = context.WordToComplete;
        var slash = word.LastIndexOf('/') + 1;
        var folder = slash == 0 ? "." : word[..slash];
        return FileSystem.List(folder).Where(static name => !name.StartsWith('.')).Select(name =>
            word[..slash] + name + (FileSystem.TryStat(Path.Combine(folder, name)) is { IsDirectory: true } ? "/" : ""));
    });

    private static List<CompletionItem> Try(Func<IEnumerable<string>> words)
    {
        if (!AreWanted)
        {
            return [];
        }

        try
        {
            return [.. words().Select(static word => new CompletionItem(word))];
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            return [];
        }
    }
}
