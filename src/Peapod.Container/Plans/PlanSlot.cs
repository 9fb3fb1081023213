namespace Peapod.Container.Plans;

/// <summary>A place for a descriptor that the parent opens before the spawn and init uses: "rootfs", "mounts[3]".</summary>
/// <param name="Index">Position in the plan's table of descriptors.</param>
/// <param name="Name">What it holds, for people.</param>
public sealed record PlanSlot(int Index, string Name);
