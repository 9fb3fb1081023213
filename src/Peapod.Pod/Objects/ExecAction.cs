using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>A command in the container; exit code 0 is good.</summary>
[JsonRecord]
public sealed partial record ExecAction
{
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];
}
