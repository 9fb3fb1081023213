using Peapod.Oci.Json;

namespace Peapod.Shim.Runtimes;

/// <summary>Another OCI runtime: its executable, and the arguments that stand before the command.</summary>
[JsonRecord]
public sealed partial record RuntimeHandler
{
    public string Path { get; init; } = "";

    public IReadOnlyList<string> Args { get; init; } = [];
}
