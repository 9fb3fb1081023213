namespace Peapod.Image;

/// <summary>Whom a container's process runs as.</summary>
/// <param name="Uid">0 to 2147483647.</param>
/// <param name="Gid">The primary group.</param>
/// <param name="AdditionalGids">All groups, the primary one first, so that a file a group is denied stays denied.</param>
/// <param name="Home">From the image's passwd file, else "/".</param>
public sealed record ContainerUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids, string Home);
