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

    /// <summary><c>--labels</c>; without any <c>run=NAME</c>. <see cref="KeyValues"/> reads them.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary><c>--annotations</c>.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary><c>--limits</c>, such as cpu=200m and memory=64Mi.</summary>
    public IReadOnlyDictionary<string, string>? Limits { get; init; }

    /// <summary><c>--requests</c>; what is missing is the limit.</summary>
    public IReadOnlyDictionary<string, string>? Requests { get; init; }

    /// <summary><c>-i</c>.</summary>
    public bool Stdin { get; init; }

    /// <summary><c>-t</c>.</summary>
    public bool Tty { get; init; }

    /// <summary><c>--rm</c>.</summary>
    public bool Remove { get; init; }

    /// <summary><c>--restart</c>; null for Never with --rm, -i or -t, and Always without them.</summary>
    public RestartPolicy? RestartPolicy { get; init; }

    /// <summary><c>--image-pull-policy</c>.</summary>
    public ImagePullPolicy? ImagePullPolicy { get; init; }

    /// <summary>Reads <c>KEY=VALUE[,KEY=VALUE…]</c> as often as the flag was given; null when it was not.</summary>
    /// <param name="flag">What to call it in errors.</param>
    /// <param name="texts">What it was given.</param>
    /// <exception cref="ManifestException">One is no such pair, or a key is there twice.</exception>
    public static IReadOnlyDictionary<string, string>? KeyValues(string flag, IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var pairs = new Dictionary<string, string>();
        foreach (var pair in texts.SelectMany(static text => text.Split(',')))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new ManifestException([new ManifestError("", 0, flag, $"Invalid value: \"{pair}\": must be KEY=VALUE")]);
            }

            if (!pairs.TryAdd(pair[..equals], pair[(equals + 1)..]))
            {
                throw new ManifestException([new ManifestError("", 0, flag, $"Duplicate value: \"{pair[..equals]}\"")]);
            }
        }

        return texts.Count == 0 ? null : pairs;
    }
}
