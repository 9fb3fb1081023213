using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>What a container leaves open.</summary>
public static class ContainerDefaults
{
    public const string TerminationMessagePath = "/dev/termination-log";

    private const string Version = "v1";

    /// <param name="container">A container of any kind.</param>
    /// <param name="hostNetwork">Whether its ports are the host's.</param>
    public static ContainerSpec Apply(ContainerSpec container, bool hostNetwork)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container with
        {
            ImagePullPolicy = container.ImagePullPolicy ?? ManifestDefaults.PullPolicy(container.Image),
            TerminationMessagePath = string.IsNullOrEmpty(container.TerminationMessagePath) ? TerminationMessagePath : container.TerminationMessagePath,
            TerminationMessagePolicy = container.TerminationMessagePolicy ?? TerminationMessagePolicy.File,
            Ports = [.. container.Ports.Select(port => Apply(port, hostNetwork))],
            Env = [.. container.Env.Select(Apply)],
            Resources = container.Resources with { Requests = Requests(container.Resources) },
            LivenessProbe = Apply(container.LivenessProbe),
            ReadinessProbe = Apply(container.ReadinessProbe),
            StartupProbe = Apply(container.StartupProbe),
            Lifecycle = container.Lifecycle is { } lifecycle
                ? lifecycle with { PostStart = Apply(lifecycle.PostStart), PreStop = Apply(lifecycle.PreStop) }
                : null,
        };
    }

    internal static ObjectFieldSelector? Apply(ObjectFieldSelector? field) =>
        field is not null && string.IsNullOrEmpty(field.ApiVersion) ? field with { ApiVersion = Version } : field;

    private static ContainerPort Apply(ContainerPort port, bool hostNetwork) => port with
    {
        Protocol = port.Protocol ?? PortProtocol.Tcp,
        HostPort = port.HostPort is not (null or 0) ? port.HostPort : hostNetwork && port.Number != 0 ? port.Number : null,
        HostIP = port.HostIP is null or "" ? null : Address(port.HostIP),
    };

    /// <summary>Without zeros before its numbers, by which C libraries understand something else.</summary>
    internal static string Address(string text) => text.Contains(':', StringComparison.Ordinal) ? text : NameRules.Address(text)?.ToString() ?? text;

    private static EnvVar Apply(EnvVar variable) =>
        variable.ValueFrom is { FieldRef: not null } source ? variable with { ValueFrom = source with { FieldRef = Apply(source.FieldRef) } } : variable;

    /// <summary>What is limited and not requested is requested up to its limit.</summary>
    private static IReadOnlyDictionary<string, Quantity>? Requests(ResourceRequirements resources)
    {
        if (resources.Limits is null)
        {
            return resources.Requests;
        }

        var requests = ManifestDefaults.Sorted(resources.Requests);
        foreach (var (resource, limit) in resources.Limits)
        {
            requests.TryAdd(resource, limit);
        }

        return requests;
    }

    private static Probe? Apply(Probe? probe) => probe is null ? null : probe with
    {
        HttpGet = Apply(probe.HttpGet),
        TimeoutSeconds = NotZero(probe.TimeoutSeconds, 1),
        PeriodSeconds = NotZero(probe.PeriodSeconds, 10),
        SuccessThreshold = NotZero(probe.SuccessThreshold, 1),
        FailureThreshold = NotZero(probe.FailureThreshold, 3),
    };

    private static int NotZero(int? value, int otherwise) => value is null or 0 ? otherwise : value.Value;

    private static LifecycleHandler? Apply(LifecycleHandler? handler) => handler is null ? null : handler with { HttpGet = Apply(handler.HttpGet) };

    private static HttpGetAction? Apply(HttpGetAction? action) => action is null ? null : action with
    {
        Path = string.IsNullOrEmpty(action.Path) ? "/" : action.Path,
        Scheme = action.Scheme ?? UriScheme.Http,
    };
}
