namespace Peapod.Container.Plans;

/// <summary>A PID namespace that is joined by its path.</summary>
/// <param name="Slot">Its descriptor.</param>
/// <param name="Field">The field that names it.</param>
/// <param name="Text">What is done, as the rest of the sentence "cannot …".</param>
internal sealed record JoinedPidNamespace(PlanSlot Slot, string Field, string Text);
