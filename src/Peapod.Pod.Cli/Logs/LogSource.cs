using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Logs;

/// <summary>A container whose log is printed.</summary>
/// <param name="HasPrefix">Each of its lines begins with <c>[pod/POD/CONTAINER]</c>.</param>
internal sealed record LogSource(PodFolders Folders, string Container, bool HasPrefix);
