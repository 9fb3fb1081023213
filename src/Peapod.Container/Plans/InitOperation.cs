namespace Peapod.Container.Plans;

/// <summary>
/// One small thing that peapod-init does in the container. What A, B, C and the strings mean to each code stands at
/// its function in native/init; <see cref="Text"/> says it for people.
/// </summary>
/// <param name="Code">What to do.</param>
/// <param name="Field">The field of config.json that asks for it, for errors; empty when it follows from none.</param>
/// <param name="Text">What is done, as the rest of the sentence "cannot …".</param>
public sealed record InitOperation(PlanCode Code, string Field, string Text)
{
    public ulong A { get; init; }

    public ulong B { get; init; }

    public ulong C { get; init; }

    public string? Path { get; init; }

    public string? Source { get; init; }

    /// <summary>Strings, an empty one allowed.</summary>
    public IReadOnlyList<string>? List { get; init; }

    /// <summary>A second list, the environment of what <see cref="PlanCode.Exec"/> and <see cref="PlanCode.Hook"/> execute.</summary>
    public IReadOnlyList<string>? Environment { get; init; }

    public string? Data { get; init; }

    /// <summary>Data that is numbers: group ids, one capability mask, or a filter.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>The descriptor it works on, by the name under which a host step left it.</summary>
    public PlanSlot? Slot { get; init; }

    /// <summary>A second descriptor, whose slot number the encoder puts into <see cref="A"/>.</summary>
    public PlanSlot? SecondSlot { get; init; }
}
