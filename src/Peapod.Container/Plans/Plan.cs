using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>
/// Everything that making a container's process takes, decided in advance. A plan is data: compiling one touches nothing,
/// and the same configuration gives the same plan.
/// </summary>
/// <param name="CloneFlags">CLONE_NEW* of the one clone3(2).</param>
/// <param name="Host">What the parent does before.</param>
/// <param name="Init">What the child does after.</param>
/// <param name="SlotCount">How many descriptors are handed over.</param>
public sealed record Plan(
    ulong CloneFlags,
    IReadOnlyList<HostStep> Host,
    IReadOnlyList<InitOperation> Init,
    int SlotCount)
{
    /// <summary>Fields that are not done as they are written.</summary>
    public IReadOnlyList<SpecException> Warnings { get; init; } = [];

    /// <inheritdoc cref="PlanBuilder.SharedRoot"/>
    internal PlanSlot? SharedRoot { get; init; }

    /// <summary>How many descriptors from 3 on the process gets of the caller's; nothing else that the caller left open reaches even init.</summary>
    internal uint PassedDescriptors
    {
        get
        {
            foreach (var operation in Init)
            {
                if (operation.Code == PlanCode.CloseFds)
                {
                    return (uint)operation.B;
                }
            }

            return 0;
        }
    }
}
