using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Limits and requests of containers and of the pod.</summary>
internal sealed class ResourceRules(FieldErrors errors)
{
    private const string HugePages = "hugepages-";
    private static readonly Dictionary<string, Quantity> NoAmounts = [];
    private static readonly string[] Standard = ["cpu", "memory", "ephemeral-storage"];

    public void Container(ResourceRequirements resources, string path) => Validate(resources, ContainerResource, path);

    /// <summary>What the sandbox takes besides its containers.</summary>
    public void Overhead(IReadOnlyDictionary<string, Quantity>? overhead, string path)
    {
        foreach (var (resource, amount) in overhead ?? NoAmounts)
        {
            ContainerResource(resource, FieldErrors.Key(path, resource), SourceLines.Member(path, resource));
            Amount(resource, amount, path);
        }
    }

    /// <summary>Of the pod as a whole, which must hold what its containers want.</summary>
    public void Pod(PodSpec spec, string path)
    {
        if (spec.Resources is not { } resources)
        {
            return;
        }

        Validate(resources, PodResource, path + ".resources");
        foreach (var (resource, sum) in PodRequests.OfContainers(spec))
        {
            var request = resources.Request(resource) ?? default;
            if (IsOfPod(resource) && sum > request)
            {
                errors.Invalid(
                    FieldErrors.Key(path + ".resources.requests", resource), request.ToString(),
                    $"must be greater than or equal to aggregate container requests of {sum}", SourceLines.Member(path + ".resources.requests", resource));
            }
        }

        for (var i = 0; i < spec.Containers.Count; i++)
        {
            var at = SourceLines.Element(path + ".containers", i) + ".resources.limits";
            foreach (var (resource, limit) in spec.Containers[i].Resources.Limits ?? NoAmounts)
            {
                if (resources.Limit(resource) is { } most && limit > most)
                {
                    errors.Invalid(FieldErrors.Key(at, resource), limit.ToString(), $"must be less than or equal to pod limits of {most}", SourceLines.Member(at, resource));
                }
            }
        }
    }

    public void ResizePolicy(IReadOnlyList<ContainerResizePolicy> policies, RestartPolicy? podRestartPolicy, string path)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < policies.Count; i++)
        {
            var at = SourceLines.Element(path, i);
            var (name, restart) = (policies[i].ResourceName, policies[i].RestartPolicy);
            if (name.Length == 0)
            {
                errors.Required(at + ".resourceName");
            }
            else if (name is not ("cpu" or "memory"))
            {
                errors.NotSupported(at + ".resourceName", name, "cpu", "memory");
            }
            else if (!names.Add(name))
            {
                errors.Duplicate(at, name);
            }

            if (restart.Length == 0)
            {
                errors.Required(at + ".restartPolicy");
            }
            else if (restart is not ("NotRequired" or "RestartContainer"))
            {
                errors.NotSupported(at + ".restartPolicy", restart, "NotRequired", "RestartContainer");
            }
            else if (podRestartPolicy == RestartPolicy.Never && restart != "NotRequired")
            {
                errors.Invalid(at + ".restartPolicy", restart, "must be 'NotRequired' when `restartPolicy` is 'Never'");
            }
        }
    }

    private void Validate(ResourceRequirements resources, Action<string, string, string> nameRule, string path)
    {
        foreach (var (resource, limit) in resources.Limits ?? NoAmounts)
        {
            nameRule(resource, FieldErrors.Key(path + ".limits", resource), SourceLines.Member(path + ".limits", resource));
            Amount(resource, limit, path + ".limits");
        }

        foreach (var (resource, request) in resources.Requests ?? NoAmounts)
        {
            if (resources.Limit(resource) is not { } limit)
            {
                nameRule(resource, FieldErrors.Key(path + ".requests", resource), SourceLines.Member(path + ".requests", resource));
                Amount(resource, request, path + ".requests");
                if (!MayExceed(resource))
                {
                    errors.Required(path + ".limits", "Limit must be set for non overcommitable resources", SourceLines.Member(path + ".requests", resource));
                }
            }
            else
            {
                Request(resource, request, limit, path);
            }
        }

        if (HasHugePages(resources.Limits) && !HasProcessorOrMemory(resources.Limits) && !HasProcessorOrMemory(resources.Requests))
        {
            errors.Forbidden(path, "HugePages require cpu or memory");
        }
    }

    /// <summary>A request next to its limit, which has been looked at.</summary>
    private void Request(string resource, Quantity request, Quantity limit, string path)
    {
        var at = SourceLines.Member(path + ".requests", resource);
        if (request != limit && !MayExceed(resource))
        {
            errors.Invalid(path + ".requests", request.ToString(), $"must be equal to {resource} limit of {limit}", at);
        }
        else if (request > limit)
        {
            errors.Invalid(path + ".requests", request.ToString(), $"must be less than or equal to {resource} limit of {limit}", at);
        }
        else if (request.Amount < 0 && limit.Amount >= 0)
        {
            Amount(resource, request, path + ".requests");
        }
    }

    private void Amount(string resource, Quantity amount, string path)
    {
        var name = FieldErrors.Key(path, resource);
        var at = SourceLines.Member(path, resource);
        if (amount.Amount < 0)
        {
            errors.Invalid(name, amount.ToString(), FieldErrors.NotNegative, at);
        }
        else if (resource.Contains('/', StringComparison.Ordinal))
        {
            if (amount.MilliValue % 1000 != 0)
            {
                errors.Invalid(name, amount.ToString(), "must be an integer", at);
            }
            else if (amount.Amount > 0)
            {
                // On a cluster the pod would wait for ever for a node that offers it.
                errors.Unable(name, amount.ToString(), "this host offers none: there are no device plugins", at);
            }
        }
        else if (PageSize(resource) is { } size && size.Amount > 0 && amount.Amount % size.Amount != 0)
        {
            errors.Invalid(name, amount.ToString(), $"{amount} is not positive integer multiple of {resource}", at);
        }
    }

    private void ContainerResource(string resource, string name, string at)
    {
        if (NameRules.QualifiedName(resource) is { } reason)
        {
            errors.Invalid(name, resource, reason, at);
        }
        else if (resource.Contains('/', StringComparison.Ordinal))
        {
            // What is not of kubernetes.io is an extended resource, whose name must leave room for quotas to put "requests." before it.
            if (resource.StartsWith("requests.", StringComparison.Ordinal) || NameRules.QualifiedName("requests." + resource) is not null)
            {
                errors.Invalid(name, resource, "doesn't follow extended resource name standard", at);
            }
        }
        else if (!Standard.Contains(resource) && PageSize(resource) is null)
        {
            errors.Invalid(name, resource, "must be a standard resource for containers" + Spelling.Hint(Spelling.Nearest(resource, Standard)), at);
        }
    }

    private void PodResource(string resource, string name, string at)
    {
        if (!IsOfPod(resource))
        {
            errors.KeyNotSupported(name, resource, at, "cpu", HugePages, "memory");
        }
    }

    private static bool IsOfPod(string resource) => resource is "cpu" or "memory" || PageSize(resource) is not null;

    /// <summary>Whether containers may together request less than they may use.</summary>
    private static bool MayExceed(string resource) => !resource.Contains('/', StringComparison.Ordinal) && !resource.StartsWith(HugePages, StringComparison.Ordinal);

    /// <summary>The size of <c>hugepages-SIZE</c> in bytes; null for other resources.</summary>
    private static Quantity? PageSize(string resource) =>
        resource.StartsWith(HugePages, StringComparison.Ordinal) && Quantity.TryParse(resource[HugePages.Length..], out var size) && size.Amount > 0 ? size : null;

    private static bool HasHugePages(IReadOnlyDictionary<string, Quantity>? amounts) =>
        amounts?.Keys.Any(static name => name.StartsWith(HugePages, StringComparison.Ordinal)) == true;

    private static bool HasProcessorOrMemory(IReadOnlyDictionary<string, Quantity>? amounts) => amounts?.ContainsKey("cpu") == true || amounts?.ContainsKey("memory") == true;
}
