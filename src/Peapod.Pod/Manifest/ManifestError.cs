namespace Peapod.Pod.Manifest;

/// <summary>One thing that is wrong with a manifest.</summary>
/// <param name="File">The file as the user named it; empty when the pod came from the command line.</param>
/// <param name="Line">From 1; 0 when no line can be told.</param>
/// <param name="Path">The field: <c>spec.containers[0].image</c>; empty for the document as a whole.</param>
/// <param name="Detail">What is wrong, in the API server's words where it has some.</param>
public sealed record ManifestError(string File, int Line, string Path, string Detail)
{
    /// <summary><c>FILE:LINE: PATH: DETAIL</c>.</summary>
    public override string ToString()
    {
        var place = File.Length == 0 ? "" : Line > 0 ? $"{File}:{Line}: " : $"{File}: ";
        return Path.Length == 0 ? place + Detail : $"{place}{Path}: {Detail}";
    }
}
