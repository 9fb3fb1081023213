namespace Peapod.Image;

/// <summary>What an image says about the process to run in it: the "config" of the OCI image configuration. Advice, never a command to the runtime.</summary>
public sealed record ImageConfig
{
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Null when the image names none, which is not the same as an empty one.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <inheritdoc cref="Entrypoint"/>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>As in a Dockerfile: <c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c> or empty. See <see cref="PasswdLookup"/>.</summary>
    public string User { get; init; } = "";

    public string WorkingDir { get; init; } = "";

    /// <summary>A signal's name or number, or empty.</summary>
    public string StopSignal { get; init; } = "";

    /// <summary>Paths in the container.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary><c>8080/tcp</c>.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
