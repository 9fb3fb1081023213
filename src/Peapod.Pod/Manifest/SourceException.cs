namespace Peapod.Pod.Manifest;

/// <summary>A file that is neither YAML nor JSON, or one that no reader should take.</summary>
internal sealed class SourceException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
