using System.Net;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>The API server's rules for a pod whose defaults are set, in its words.</summary>
internal sealed class ManifestValidation(ManifestProblems problems)
{
    private const long LargestId = int.MaxValue;
    private const int LargestAnnotations = 256 * 1024;
    private const string Required = "Required value";
    private const string NotAbsolute = "must be an absolute path";
    private const string NoBacksteps = "must not contain '..'";
    private static readonly Dictionary<string, string> Nothing = [];
    private static readonly Dictionary<string, Quantity> NoAmounts = [];

    /// <param name="pod">The pod.</param>
    /// <param name="path">Where it stands in the document: empty, or <c>items[0]</c> in a List.</param>
    public void Validate(PodManifest pod, string path)
    {
        Metadata(pod.Metadata, SourceLines.Member(path, "metadata"));
        Spec(pod.Spec, SourceLines.Member(path, "spec"));
    }

    private void Metadata(ObjectMeta metadata, string path)
    {
        Name(metadata.Name, path + ".name", NameRules.Dns1123Subdomain);
        Name(metadata.Namespace ?? ManifestDefaults.Namespace, path + ".namespace", NameRules.Dns1123Label);
        foreach (var (key, value) in metadata.Labels ?? Nothing)
        {
            var at = SourceLines.Member(path + ".labels", key);
            Rule(key, path + ".labels", NameRules.QualifiedName, at);
            Rule(value, path + ".labels", NameRules.LabelValue, at);
        }

        var size = 0;
        foreach (var (key, value) in metadata.Annotations ?? Nothing)
        {
            Rule(key.ToLowerInvariant(), path + ".annotations", NameRules.QualifiedName, SourceLines.Member(path + ".annotations", key));
            size += key.Length + value.Length;
        }

        if (size > LargestAnnotations)
        {
            Error(path + ".annotations", $"Too long: may not be more than {LargestAnnotations} bytes");
        }
    }

    private void Spec(PodSpec spec, string path)
    {
        var volumes = Volumes(spec.Volumes, path + ".volumes");
        if (spec.Containers.Count == 0)
        {
            Error(path + ".containers", Required);
        }

        var names = new HashSet<string>();
        var hostPorts = new HashSet<string>();
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            var container = spec.Containers[i];
            var at = SourceLines.Element(path + ".containers", i);
            if (Name(container.Name, at + ".name", NameRules.Dns1123Label) && !names.Add(container.Name))
            {
                Error(at + ".name", Duplicate(container.Name));
            }

            Container(container, volumes, hostPorts, at);
        }

        if (!string.IsNullOrEmpty(spec.Hostname))
        {
            Rule(spec.Hostname, path + ".hostname", NameRules.Dns1123Label);
        }

        if (spec.TerminationGracePeriodSeconds is { } seconds and < 0)
        {
            Error(path + ".terminationGracePeriodSeconds", Invalid(seconds, "must be greater than or equal to 0"));
        }

        if (spec.SecurityContext is { } security)
        {
            Id(security.RunAsUser, path + ".securityContext.runAsUser");
            Id(security.RunAsGroup, path + ".securityContext.runAsGroup");
            Id(security.FsGroup, path + ".securityContext.fsGroup");
            for (var i = 0; i < security.SupplementalGroups?.Count; i++)
            {
                Id(security.SupplementalGroups[i], SourceLines.Element(path + ".securityContext.supplementalGroups", i));
            }
        }
    }

    /// <summary>The names of all volumes; null when they could not be read, and no mount can be held against them.</summary>
    private HashSet<string>? Volumes(IReadOnlyList<Volume> volumes, string path)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < volumes.Count; i++)
        {
            var at = SourceLines.Element(path, i);
            if (Name(volumes[i].Name, at + ".name", NameRules.Dns1123Label) && !names.Add(volumes[i].Name))
            {
                Error(at + ".name", Duplicate(volumes[i].Name));
            }

            if (volumes[i] is { EmptyDir: not null, HostPath: not null })
            {
                Error(at + ".hostPath", "Forbidden: may not specify more than 1 volume type");
            }

            if (volumes[i].EmptyDir?.SizeLimit is { Amount: < 0 } limit)
            {
                Error(at + ".emptyDir.sizeLimit", Invalid(limit.ToString(), "must be greater than or equal to 0"));
            }

            if (volumes[i].HostPath is { } hostPath)
            {
                HostPath(hostPath.Path, at + ".hostPath.path");
            }
        }

        return volumes.Count == 0 && problems.Covers(path) ? null : names;
    }

    private void HostPath(string hostPath, string path)
    {
        if (hostPath.Length == 0)
        {
            Error(path, Required);
        }
        else if (!IsAbsolute(hostPath))
        {
            Error(path, Invalid(hostPath, NotAbsolute));
        }
        else if (HasBacksteps(hostPath))
        {
            Error(path, Invalid(hostPath, NoBacksteps));
        }
    }

    private void Container(ContainerSpec container, HashSet<string>? volumes, HashSet<string> hostPorts, string path)
    {
        if (container.Image.Length == 0)
        {
            Error(path + ".image", Required);
        }
        else if (container.Image.Any(char.IsWhiteSpace))
        {
            Error(path + ".image", Invalid(container.Image, "must not contain whitespace"));
        }

        if (!string.IsNullOrEmpty(container.WorkingDir) && !IsAbsolute(container.WorkingDir))
        {
            Error(path + ".workingDir", Invalid(container.WorkingDir, NotAbsolute));
        }

        Ports(container.Ports, hostPorts, path + ".ports");
        Environment(container.Env, path + ".env");
        VolumeMounts(container.VolumeMounts, volumes, path + ".volumeMounts");
        ResourceAmounts(container.Resources, path + ".resources");
        if (container.SecurityContext is { } security)
        {
            Security(security, path + ".securityContext");
        }
    }

    private void Ports(IReadOnlyList<ContainerPort> ports, HashSet<string> hostPorts, string path)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            var at = SourceLines.Element(path, i);
            if (!string.IsNullOrEmpty(port.Name) && Rule(port.Name, at + ".name", NameRules.PortName) && !names.Add(port.Name))
            {
                Error(at + ".name", Duplicate(port.Name));
            }

            if (port.Number == 0)
            {
                Error(at + ".containerPort", Required);
            }
            else
            {
                PortNumber(port.Number, at + ".containerPort");
            }

            IPAddress? address = null;
            if (!string.IsNullOrEmpty(port.HostIP) && !IPAddress.TryParse(port.HostIP, out address))
            {
                Error(at + ".hostIP", Invalid(port.HostIP, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
            }

            if (port.HostPort is { } hostPort)
            {
                var key = $"{Text(port.Protocol)}/{address}/{hostPort}";
                if (PortNumber(hostPort, at + ".hostPort") && !hostPorts.Add(key))
                {
                    Error(at + ".hostPort", Duplicate(key));
                }
            }
        }
    }

    private bool PortNumber(int port, string path)
    {
        if (port is >= 1 and <= 65535)
        {
            return true;
        }

        Error(path, Invalid(port, "must be between 1 and 65535, inclusive"));
        return false;
    }

    private void Environment(IReadOnlyList<EnvVar> environment, string path)
    {
        for (var i = 0; i < environment.Count; i++)
        {
            var at = SourceLines.Element(path, i);
            Name(environment[i].Name, at + ".name", NameRules.EnvVarName);
        }
    }

    private void VolumeMounts(IReadOnlyList<VolumeMount> mounts, HashSet<string>? volumes, string path)
    {
        var places = new HashSet<string>();
        for (var i = 0; i < mounts.Count; i++)
        {
            var mount = mounts[i];
            var at = SourceLines.Element(path, i);
            if (mount.Name.Length == 0)
            {
                Error(at + ".name", Required);
            }
            else if (volumes?.Contains(mount.Name) == false)
            {
                Error(at + ".name", $"Not found: \"{mount.Name}\"");
            }

            if (mount.MountPath.Length == 0)
            {
                Error(at + ".mountPath", Required);
            }
            else if (!places.Add(mount.MountPath.Length > 1 ? mount.MountPath.TrimEnd('/') : mount.MountPath))
            {
                Error(at + ".mountPath", Invalid(mount.MountPath, "must be unique"));
            }

            if (!string.IsNullOrEmpty(mount.SubPath))
            {
                SubPath(mount.SubPath, at + ".subPath");
            }
        }
    }

    private void SubPath(string subPath, string path)
    {
        if (IsAbsolute(subPath))
        {
            Error(path, Invalid(subPath, "must be a relative path"));
        }

        if (HasBacksteps(subPath))
        {
            Error(path, Invalid(subPath, NoBacksteps));
        }
    }

    private void ResourceAmounts(ResourceRequirements resources, string path)
    {
        foreach (var (resource, limit) in resources.Limits ?? NoAmounts)
        {
            Amount(resource, limit, path + ".limits");
        }

        foreach (var (resource, request) in resources.Requests ?? NoAmounts)
        {
            var at = SourceLines.Member(path + ".requests", resource);
            if (resources.Limit(resource) is not { } limit)
            {
                Amount(resource, request, path + ".requests");
            }
            else if (request > limit)
            {
                Error(path + ".requests", Invalid(request.ToString(), $"must be less than or equal to {resource} limit of {limit}"), at);
            }
            else if (request.Amount < 0 && limit.Amount >= 0)
            {
                Amount(resource, request, path + ".requests");
            }
        }
    }

    private void Amount(string resource, Quantity amount, string path)
    {
        var at = SourceLines.Member(path, resource);
        if (resource is not ("cpu" or "memory" or "ephemeral-storage") && !resource.StartsWith("hugepages-", StringComparison.Ordinal))
        {
            var known = resource.Contains('/', StringComparison.Ordinal);
            Error(at, known ? "not supported by this version of Peapod" : Invalid(resource, "must be a standard resource for containers" + Spelling.Hint(Spelling.Nearest(resource, ["cpu", "memory"]))));
        }
        else if (amount.Amount < 0)
        {
            Error(at, Invalid(amount.ToString(), "must be greater than or equal to 0"));
        }
    }

    private void Security(SecurityContext security, string path)
    {
        Id(security.RunAsUser, path + ".runAsUser");
        Id(security.RunAsGroup, path + ".runAsGroup");
        var capabilities = security.Capabilities ?? new();
        CapabilityList(capabilities.Add, path + ".capabilities.add");
        CapabilityList(capabilities.Drop, path + ".capabilities.drop");
        if (security.AllowPrivilegeEscalation == false && capabilities.Add.Any(name => CapabilityNames.Normalize(name) == "SYS_ADMIN"))
        {
            Error(path + ".allowPrivilegeEscalation", "Invalid value: false: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }

    private void CapabilityList(IReadOnlyList<string> names, string path)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (!CapabilityNames.IsKnown(names[i]))
            {
                Error(SourceLines.Element(path, i), Invalid(names[i], "unknown capability" + Spelling.Hint(CapabilityNames.Nearest(names[i]))));
            }
        }
    }

    private void Id(long? id, string path)
    {
        if (id is < 0 or > LargestId)
        {
            Error(path, Invalid(id.Value, $"must be between 0 and {LargestId}, inclusive"));
        }
    }

    /// <summary>Whether there is a name and it is a good one.</summary>
    private bool Name(string name, string path, Func<string, string?> rule)
    {
        if (name.Length > 0)
        {
            return Rule(name, path, rule);
        }

        Error(path, Required);
        return false;
    }

    private bool Rule(string value, string path, Func<string, string?> rule, string? at = null)
    {
        if (rule(value) is not { } reason)
        {
            return true;
        }

        Error(path, Invalid(value, reason), at);
        return false;
    }

    private void Error(string path, string detail, string? at = null)
    {
        if (!problems.Covers(at ?? path))
        {
            problems.Add(path, detail, at);
        }
    }

    private static bool IsAbsolute(string path) => path.StartsWith('/');

    private static bool HasBacksteps(string path) => path.Split('/').Contains("..");

    private static string Duplicate(string value) => $"Duplicate value: \"{value}\"";

    private static string Invalid(string value, string reason) => $"Invalid value: \"{value}\": {reason}";

    private static string Invalid(long value, string reason) => $"Invalid value: {value}: {reason}";

    private static string Text(PortProtocol? protocol) => protocol switch
    {
        PortProtocol.Udp => "UDP",
        PortProtocol.Sctp => "SCTP",
        _ => "TCP",
    };
}
