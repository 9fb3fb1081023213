using System.Globalization;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Makes the pod that <c>peapod pod run --image</c> means.</summary>
public static class RunManifest
{
    private const string Container = "spec.containers[0]";

    private static readonly (string Path, string Flag)[] Flags =
    [
        ("metadata.name", "NAME"),
        ("metadata.namespace", "--namespace"),
        ("metadata.labels", "--labels"),
        ("metadata.annotations", "--annotations"),
        (Container + ".name", "NAME"),
        (Container + ".image", "--image"),
        (Container + ".env", "--env"),
        (Container + ".ports", "--port"),
        (Container + ".command", "--"),
        (Container + ".args", "--"),
        (Container + ".resources.limits", "--limits"),
        (Container + ".resources.requests", "--requests"),
    ];

    /// <summary>The pod, with its defaults set and checked.</summary>
    /// <exception cref="ManifestException">With everything that is wrong, each under the name of its flag.</exception>
    public static PodManifest Build(RunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var problems = new ManifestProblems("");
        var interactive = request.Stdin || request.Tty || request.Remove;
        var arguments = request.Arguments.Count == 0 ? null : request.Arguments;
        var pod = ManifestDefaults.Apply(new PodManifest
        {
            Metadata = new ObjectMeta
            {
                Name = request.Name,
                Namespace = request.Namespace,
                Labels = request.Labels ?? new Dictionary<string, string> { ["run"] = request.Name },
                Annotations = request.Annotations,
            },
            Spec = new PodSpec
            {
                RestartPolicy = request.RestartPolicy ?? (interactive ? RestartPolicy.Never : RestartPolicy.Always),
                Containers =
                [
                    new ContainerSpec
                    {
                        Name = request.Name,
                        Image = request.Image,
                        ImagePullPolicy = request.ImagePullPolicy,
                        Command = request.ReplaceEntryPoint ? arguments : null,
                        Args = request.ReplaceEntryPoint ? null : arguments,
                        Env = [.. request.Env.Select((text, i) => Variable(text, i, problems))],
                        Ports = [.. request.Ports.Select((text, i) => Port(text, i, problems))],
                        Resources = new ResourceRequirements
                        {
                            Limits = Amounts(request.Limits, Container + ".resources.limits", problems),
                            Requests = Amounts(request.Requests, Container + ".resources.requests", problems),
                        },
                        Stdin = request.Stdin,
                        StdinOnce = request.Stdin,
                        Tty = request.Tty,
                    },
                ],
            },
        });
        new ManifestValidation(problems).Validate(pod, "");
        Throw(problems.Errors, request);
        return pod;
    }

    /// <summary>A message that begins with a field has its flag in that one's place.</summary>
    public static string Tell(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var end = message.IndexOf(": ", StringComparison.Ordinal);
        return end < 0 ? message : FlagOf(message[..end]) + message[end..];
    }

    private static EnvVar Variable(string text, int index, ManifestProblems problems)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            problems.Add(SourceLines.Element(Container + ".env", index), $"Invalid value: \"{text}\": must be NAME=VALUE");
            return new EnvVar { Name = text };
        }

        return new EnvVar { Name = text[..equals], Value = text[(equals + 1)..] };
    }

    private static Dictionary<string, Quantity>? Amounts(IReadOnlyDictionary<string, string>? texts, string path, ManifestProblems problems)
    {
        if (texts is null)
        {
            return null;
        }

        var amounts = new Dictionary<string, Quantity>();
        foreach (var (resource, text) in texts)
        {
            if (Quantity.TryParse(text, out var amount))
            {
                amounts[resource] = amount;
            }
            else
            {
                problems.Add(SourceLines.Member(path, resource), $"Invalid value: \"{text}\": {Quantity.Grammar}");
            }
        }

        return amounts;
    }

    private static ContainerPort Port(string text, int index, ManifestProblems problems)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var protocol = slash < 0 ? PortProtocol.Tcp : Protocol(text[(slash + 1)..]);
        var rest = slash < 0 ? text : text[..slash];
        var number = TakeLast(ref rest);
        var hostPort = TakeLast(ref rest);
        if (protocol is null || !TryParse(number, out var port) || (hostPort is not null && !TryParse(hostPort, out _)))
        {
            problems.Add(SourceLines.Element(Container + ".ports", index), $"Invalid value: \"{text}\": must be [[HOSTIP:]HOSTPORT:]PORT[/PROTOCOL]");
            return new ContainerPort { Number = 1 };
        }

        return new ContainerPort
        {
            Number = port,
            Protocol = protocol,
            HostPort = hostPort is null ? null : int.Parse(hostPort, CultureInfo.InvariantCulture),
            HostIP = rest.StartsWith('[') && rest.EndsWith(']') ? rest[1..^1] : rest,
        };
    }

    /// <summary>Takes what stands behind the last colon, or all of it.</summary>
    private static string? TakeLast(ref string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var colon = text.LastIndexOf(':');
        var last = text[(colon + 1)..];
        text = colon < 0 ? "" : text[..colon];
        return last;
    }

    private static bool TryParse(string? text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);

    private static PortProtocol? Protocol(string text) => text.ToUpperInvariant() switch
    {
        "TCP" => PortProtocol.Tcp,
        "UDP" => PortProtocol.Udp,
        "SCTP" => PortProtocol.Sctp,
        _ => null,
    };

    /// <summary>Tells the errors under the names that the user typed.</summary>
    private static void Throw(IReadOnlyList<ManifestError> errors, RunRequest request)
    {
        var badName = errors.Any(error => error.Path == "metadata.name");
        var told = errors
            .Where(error => !(badName && error.Path == Container + ".name") && !IsOwnLabel(error, request))
            .Select(error => error with { Path = FlagOf(error.Path) })
            .Distinct()
            .ToList();
        if (told.Count > 0)
        {
            throw new ManifestException(told);
        }
    }

    /// <summary>The label that a name too long for it makes bad is not the user's: the name is told already.</summary>
    private static bool IsOwnLabel(ManifestError error, RunRequest request) =>
        request.Labels is null && error.Path == "metadata.labels";

    private static string FlagOf(string path)
    {
        var flag = Array.Find(Flags, flag => SourceLines.IsWithin(path, flag.Path)).Flag;
        return flag ?? path;
    }
}
