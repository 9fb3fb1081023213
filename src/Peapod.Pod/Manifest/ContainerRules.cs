using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Containers of all three kinds.</summary>
internal sealed class ContainerRules(FieldErrors errors, PodSpec spec, IReadOnlyDictionary<string, Volume>? volumes, DownwardApiRules fields)
{
    private readonly PortRules _ports = new(errors);
    private readonly EnvironmentRules _environment = new(errors, fields);
    private readonly VolumeMountRules _mounts = new(errors, volumes);
    private readonly SecurityRules _security = new(errors);
    private readonly ResourceRules _resources = new(errors);
    private readonly ProbeRules _probes = new(errors);

    /// <summary>Seconds; null when it is wrong itself and nothing can be held against it.</summary>
    private long? GracePeriod => spec.TerminationGracePeriodSeconds is >= 0 ? spec.TerminationGracePeriodSeconds : null;

    public void Regular(string path)
    {
        if (spec.Containers.Count == 0)
        {
            errors.Required(path);
        }

        var names = new HashSet<string>();
        var hostPorts = new HashSet<string>();
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            var container = spec.Containers[i];
            var at = SourceLines.Element(path, i);
            Common(container, names, hostPorts, at);
            _probes.Validate(container, GracePeriod, at);
        }
    }

    public void Init(string path)
    {
        var names = spec.Containers.Select(static container => container.Name).ToHashSet();
        for (var i = 0; i < spec.InitContainers.Count; i++)
        {
            var container = spec.InitContainers[i];
            var at = SourceLines.Element(path, i);

            // One runs after the other: they may all have the same port.
            Common(container, names, [], at);
            if (container.RestartPolicy is RestartPolicy.Always)
            {
                _probes.Validate(container, GracePeriod, at);
                continue;
            }

            const string onlySidecars = "may not be set for init containers without restartPolicy=Always";
            Forbid(container.Lifecycle, at + ".lifecycle", onlySidecars);
            Forbid(container.LivenessProbe, at + ".livenessProbe", onlySidecars);
            Forbid(container.ReadinessProbe, at + ".readinessProbe", onlySidecars);
            Forbid(container.StartupProbe, at + ".startupProbe", onlySidecars);
        }
    }

    public void Ephemeral(string path)
    {
        var names = Targets();
        for (var i = 0; i < spec.EphemeralContainers.Count; i++)
        {
            Ephemeral(spec.EphemeralContainers[i], names, SourceLines.Element(path, i));
        }
    }

    /// <param name="container">An ephemeral container, which is not yet among those of the pod.</param>
    /// <param name="path">What its fields are called.</param>
    public void Added(ContainerSpec container, string path) =>
        Ephemeral(container, [.. Targets(), .. spec.EphemeralContainers.Select(static other => other.Name)], path);

    /// <summary>The containers whose processes an ephemeral one may see.</summary>
    private HashSet<string> Targets() => spec.Containers.Concat(spec.InitContainers).Select(static other => other.Name).ToHashSet();

    private void Ephemeral(ContainerSpec container, HashSet<string> names, string path)
    {
        Common(container, names, [], path);
        if (!string.IsNullOrEmpty(container.TargetContainerName) && !Targets().Contains(container.TargetContainerName))
        {
            errors.NotFound(path + ".targetContainerName", container.TargetContainerName);
        }

        const string notHere = "cannot be set for an Ephemeral Container";
        Forbid(container.Ports.Count > 0 ? container.Ports : null, path + ".ports", notHere);
        Forbid(container.Resources is { Limits: null, Requests: null } ? null : container.Resources, path + ".resources", notHere);
        Forbid(container.ResizePolicy.Count > 0 ? container.ResizePolicy : null, path + ".resizePolicy", notHere);
        Forbid(container.RestartPolicy, path + ".restartPolicy", notHere);
        Forbid(container.Lifecycle, path + ".lifecycle", notHere);
        Forbid(container.LivenessProbe, path + ".livenessProbe", notHere);
        Forbid(container.ReadinessProbe, path + ".readinessProbe", notHere);
        Forbid(container.StartupProbe, path + ".startupProbe", notHere);
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var at = SourceLines.Element(path + ".volumeMounts", i);
            Forbid(string.IsNullOrEmpty(container.VolumeMounts[i].SubPath) ? null : notHere, at + ".subPath", notHere);
            Forbid(string.IsNullOrEmpty(container.VolumeMounts[i].SubPathExpr) ? null : notHere, at + ".subPathExpr", notHere);
        }
    }

    private void Common(ContainerSpec container, HashSet<string> names, HashSet<string> hostPorts, string path)
    {
        if (errors.Name(container.Name, path + ".name", NameRules.Dns1123Label) && !names.Add(container.Name))
        {
            errors.Duplicate(path + ".name", container.Name);
        }

        errors.Name(container.Image, path + ".image", NameRules.Image);
        if (container.WorkingDir is { Length: > 0 } folder && !PathRules.IsAbsolute(folder))
        {
            errors.Unable(path + ".workingDir", folder, PathRules.NotAbsolute);
        }

        _ports.Validate(container.Ports, hostPorts, spec.HostNetwork, path + ".ports");
        _environment.Validate(container.Env, path + ".env");
        _environment.ValidateFrom(container.EnvFrom, path + ".envFrom");
        _mounts.Validate(container, path);
        if (spec.HostUsers == false && container.VolumeDevices.Count > 0)
        {
            errors.Forbidden(path + ".volumeDevices", "when `hostUsers` is false");
        }

        _resources.Container(container.Resources, path + ".resources");
        _resources.ResizePolicy(container.ResizePolicy, spec.RestartPolicy, path + ".resizePolicy");
        if (container.SecurityContext is { } security)
        {
            _security.Container(security, spec.HostUsers != false, path + ".securityContext");
        }
    }

    private void Forbid(object? value, string path, string reason)
    {
        if (value is not null)
        {
            errors.Forbidden(path, reason);
        }
    }
}
