namespace Peapod.Pod.Volumes;

/// <summary>A file of a volume that is written for a pod.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Mode">Its permission bits.</param>
internal readonly record struct ProjectedFile(byte[] Content, uint Mode);
