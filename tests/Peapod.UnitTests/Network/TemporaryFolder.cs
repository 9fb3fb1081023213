namespace Peapod.UnitTests.Network;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("peapod-network-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
