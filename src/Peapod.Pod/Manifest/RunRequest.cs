using Peapod.Pod.Objects;
namespace Peapod.Pod.Manifest;

/// <summary>What <c>peapod pod run [flags] --image IMAGE NAME -- ARGUMENTS</c> was given, as <c>kubectl run</c> means it.</summary>
public sealed record RunRequest
{
    /// <summary>The pod's name, and its container's: a DNS-1123 label.</summary>
    public required string Name { get; init; }

    public required string Image { get; init; }

    public string? Namespace { get; init; }

    /// <summary>What stands behind <c>--</c>: the arguments of the image's entry point.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary><c>--command</c>: the arguments replace the entry point instead.</summary>
    public bool ReplaceEntryPoint { get; init; }

    /// <summary><c>--env</c>, each as <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary><c>--port</c>, each as <c>[[HOSTIP:]HOSTPORT:]PORT[/PROTOCOL]</c>; an IPv6 address in brackets.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];

    /// <summary><c>--labels</c>; without any <c>run=NAME</c>.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary><c>-i</c>.</summary>
    public bool Stdin { get; init; }

    /// <summary><c>-t</c>.</summary>
    public bool Tty { get; init; }

    /// <summary><c>--rm</c>.</summary>
    public bool Remove { get; init; }

    /// <summary><c>--restart</c>; null for Never with --rm, -i or -t, and Always without them.</summary>
    public RestartPolicy? RestartPolicy { get; init; }

    public ImagePullPolicy? ImagePullPolicy { get; init; }
}
