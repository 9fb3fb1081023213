namespace Peapod.Pod.Manifest;

/// <summary>Where an object stands: for what is found out about it later.</summary>
public sealed class ManifestPlace
{
    private readonly string _file;
    private readonly SourceLines _lines;
    private readonly string _path;

    internal ManifestPlace(string file, SourceLines lines, string path) => (_file, _lines, _path) = (file, lines, path);

    /// <summary>A message that begins with a field of the object (<c>spec.containers[0].image: …</c>) gets its file and line before it; others stay as they are.</summary>
    public string Tell(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var end = message.IndexOf(": ", StringComparison.Ordinal);
        if (end < 0 || !SourceLines.IsWithin(message[..end], "spec"))
        {
            return message;
        }

        var field = _path.Length == 0 ? message[..end] : $"{_path}.{message[..end]}";
        return new ManifestError(_file, _lines.Of(field), field, message[(end + 2)..]).ToString();
    }
}
