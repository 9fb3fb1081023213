namespace Peapod.Pod.Manifest;

/// <summary>Where an object stands: for what is found out about it later.</summary>
public sealed class ManifestPlace
{
    private readonly string _file;
    private readonly SourceLines _lines;
    private readonly string _path;

    internal ManifestPlace(string file, SourceLines lines, string path) => (_file, _lines, _path) = (file, lines, path);

    /// <summary>The file, as its user named it.</summary>
    public string File => _file;

    /// <summary>The fields that the object's file says something of, in the file's order: <c>spec.containers[0].image</c>.</summary>
    internal IEnumerable<string> Fields => _lines.Paths
        .Where(path => path.Length > _path.Length && (_path.Length == 0 || SourceLines.IsWithin(path, _path)))
        .Select(path => _path.Length == 0 ? path : path[(_path.Length + 1)..]);

    /// <summary>Where a field of the object stands: <c>FILE:LINE: FIELD</c>; the line is that of the nearest field around it that is there.</summary>
    public string Find(string field)
    {
        var path = _path.Length == 0 ? field : $"{_path}.{field}";
        return _lines.Of(path) is > 0 and var line ? $"{_file}:{line}: {path}" : $"{_file}: {path}";
    }

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
