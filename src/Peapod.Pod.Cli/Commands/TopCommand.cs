using System.CommandLine;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Cli.Usage;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod top</c>: what pods use, as <c>kubectl top pod</c> prints it.</summary>
internal sealed class TopCommand
{
    private const string Unknown = "<unknown>";

    private readonly PodSelection selection = new();
    private readonly Option<bool> containers = new("--containers") { Description = "a line for each container" };
    private readonly Option<bool> noHeaders = new("--no-headers") { Description = "no line of headings" };
    private readonly Option<string?> sortBy = new("--sort-by") { Description = "cpu or memory, the largest first" };

    internal static Command Make()
    {
        var top = new TopCommand();
        top.sortBy.AcceptOnlyFromAmong("cpu", "memory");
        var command = new Command("top", "show the processor time and memory that pods use now") { top.containers, top.noHeaders, top.sortBy };
        top.selection.AddTo(command);
        command.SetAction(top.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var pods = selection.Read(parsed);
        if (pods.Count == 0)
        {
            Console.Error.WriteLine(selection.Nothing(parsed));
            return 0;
        }

        var rows = Rows(pods, UsageSample.Take(pods), parsed.GetValue(containers));
        if (parsed.GetValue(sortBy) is { } key)
        {
            rows.Sort((a, b) => (key == "cpu" ? (b.Cpu ?? -1).CompareTo(a.Cpu ?? -1) : (b.Memory ?? -1).CompareTo(a.Memory ?? -1)));
        }

        Console.Write(ToText(rows, parsed.GetValue(selection.AllNamespaces), parsed.GetValue(containers), !parsed.GetValue(noHeaders)));
        return 0;
    }

    internal sealed record Row(string Namespace, string Pod, string Container, long? Cpu, long? Memory);

    private static List<Row> Rows(List<PodView> pods, List<UsageSample> samples, bool byContainer)
    {
        if (byContainer)
        {
            return samples.ConvertAll(static sample => new Row(sample.Now.Namespace, sample.Now.Pod, sample.Now.Container, sample.MilliCores, sample.Now.Memory));
        }

        var rows = new List<Row>();
        foreach (var pod in pods)
        {
            var own = samples.FindAll(sample => sample.Now.Pod == pod.Name && sample.Now.Namespace == pod.Folders.Namespace);
            if (own.Count > 0)
            {
                rows.Add(new Row(pod.Folders.Namespace, pod.Name, "", Sum(own, static sample => sample.MilliCores), Sum(own, static sample => sample.Now.Memory)));
            }
        }

        return rows;
    }

    private static long? Sum(List<UsageSample> samples, Func<UsageSample, long?> amount)
    {
        long sum = 0;
        foreach (var sample in samples)
        {
            if (amount(sample) is not { } known)
            {
                return null;
            }

            sum += known;
        }

        return sum;
    }

    internal static string ToText(List<Row> rows, bool namespaces, bool byContainer, bool headings)
    {
        var table = TabWriter.ForTable();
        if (headings)
        {
            Add("NAMESPACE", byContainer ? "POD" : "NAME", "NAME", "CPU(cores)", "MEMORY(bytes)");
        }

        foreach (var row in rows)
        {
            Add(row.Namespace, row.Pod, row.Container, row.Cpu is { } cpu ? $"{cpu}m" : Unknown, row.Memory is { } memory ? $"{memory >> 20}Mi" : Unknown);
        }

        return table.ToText();

        void Add(string space, string pod, string container, string cpu, string memory)
        {
            List<string> cells = namespaces ? [space] : [];
            cells.AddRange(byContainer ? [pod, container] : [pod]);
            cells.AddRange([cpu, memory]);
            table.Row([.. cells]);
        }
    }
}
