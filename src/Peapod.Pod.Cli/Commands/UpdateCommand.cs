using System.CommandLine;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod update</c>: other limits and requests for the containers of a running pod, with the flags of <c>kubectl set resources</c>.</summary>
internal static class UpdateCommand
{
    private const string Help = """
        change the processor time and memory of a running pod's containers

        The containers run on, but for those whose resizePolicy asks for a restart. A pod's QoS class stays as it is.

          peapod pod update web --limits=cpu=500m,memory=256Mi
          peapod pod update web -c frontend --requests=memory=64Mi
        """;

    internal static Command Make()
    {
        var limits = new Option<string?>("--limits") { Description = "cpu=AMOUNT,memory=AMOUNT", HelpName = "LIST" };
        var requests = new Option<string?>("--requests") { Description = "cpu=AMOUNT,memory=AMOUNT", HelpName = "LIST" };
        var container = new Option<string?>("--container", "-c") { Description = "only this container", HelpName = "CONTAINER", CompletionSources = { CompletionWords.Containers } };
        var name = new Argument<string>("POD") { Description = "the pod's name", CompletionSources = { CompletionWords.Pods } };
        var command = new Command("update", Help) { limits, requests, container, name };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(limits) is null && parsed.GetValue(requests) is null)
            {
                throw new PodException("--limits or --requests: what shall be changed is missing");
            }

            var folders = HostOptions.FindSupervised(parsed, parsed.GetValue(name)!);
            var wanted = parsed.GetValue(container) is { } given ? ContainerChoice.Choose(folders, given) : null;
            using var change = PodChange.Begin(folders);
            var live = change.Live;
            var next = Change(live, wanted, Parse("--limits", parsed.GetValue(limits)), Parse("--requests", parsed.GetValue(requests)));
            var update = PodUpdate.Of(live, next);
            if (update.Refused.Count > 0)
            {
                throw new PodException($"The Pod \"{folders.Name}\" is invalid: {string.Join(", ", update.Refused)}: Forbidden");
            }

            if (update.IsChange)
            {
                change.Write(update.Next);
            }

            Console.WriteLine($"pod/{folders.Name} {(update.IsChange ? "resource requirements updated" : "unchanged")}");
            return 0;
        });
        return command;
    }

    internal static PodManifest Change(PodManifest pod, string? container, IReadOnlyDictionary<string, Quantity> limits, IReadOnlyDictionary<string, Quantity> requests)
    {
        var containers = new List<ContainerSpec>();
        foreach (var spec in pod.Spec.Containers)
        {
            containers.Add(container is null || spec.Name == container
                ? spec with { Resources = Checked(containers.Count, spec.Resources with { Limits = Merged(spec.Resources.Limits, limits), Requests = Merged(spec.Resources.Requests, requests) }) }
                : spec);
        }

        return pod with { Spec = pod.Spec with { Containers = containers } };
    }

    private static ResourceRequirements Checked(int index, ResourceRequirements resources)
    {
        foreach (var (name, request) in resources.Requests ?? new Dictionary<string, Quantity>())
        {
            if (resources.Limit(name) is { } limit && request > limit)
            {
                throw new PodException($"spec.containers[{index}].resources.requests: Invalid value: \"{request}\": must be less than or equal to {name} limit of {limit}");
            }
        }

        return resources;
    }

    private static IReadOnlyDictionary<string, Quantity>? Merged(IReadOnlyDictionary<string, Quantity>? before, IReadOnlyDictionary<string, Quantity> given)
    {
        if (given.Count == 0)
        {
            return before;
        }

        var merged = new Dictionary<string, Quantity>(before ?? new Dictionary<string, Quantity>());
        foreach (var (name, amount) in given)
        {
            merged[name] = amount;
        }

        return merged;
    }

    internal static IReadOnlyDictionary<string, Quantity> Parse(string flag, string? list)
    {
        var amounts = new Dictionary<string, Quantity>();
        foreach (var part in list?.Split(',') ?? [])
        {
            var equals = part.IndexOf('=');
            if (equals <= 0 || part[..equals] is not ("cpu" or "memory"))
            {
                throw new PodException($"{flag} \"{part}\": expected cpu=AMOUNT or memory=AMOUNT");
            }

            amounts[part[..equals]] = Quantity.TryParse(part[(equals + 1)..], out var amount) && amount.Amount >= 0 ? amount
                : throw new PodException($"{flag} \"{part}\": {Quantity.Grammar}");
        }

        return amounts;
    }
}
