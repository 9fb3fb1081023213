namespace Peapod.Pod.Manifest;

/// <summary>Collects what is wrong, and knows the source line of each field of the document at hand.</summary>
internal sealed class ManifestProblems(string file)
{
    private readonly List<ManifestError> _errors = [];
    private readonly List<string> _warnings = [];
    private readonly HashSet<string> _paths = [];
    private SourceLines _lines = new(0);

    public IReadOnlyList<ManifestError> Errors => _errors;

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Turns to another document of the file.</summary>
    public void Enter(SourceLines lines)
    {
        _lines = lines;
        _paths.Clear();
    }

    public int LineOf(string path) => _lines.Of(path);

    /// <summary>Of an object of the document at hand.</summary>
    public ManifestPlace Place(string path) => new(file, _lines, path);

    /// <summary>Adds an error at <paramref name="path"/>.</summary>
    /// <param name="path">The field to name.</param>
    /// <param name="detail">What is wrong with it.</param>
    /// <param name="at">The field whose line to show, when it is another one.</param>
    public void Add(string path, string detail, string? at = null) => AddAt(_lines.Of(at ?? path), path, detail);

    /// <summary>Adds an error whose line is known.</summary>
    public void AddAt(int line, string path, string detail)
    {
        _errors.Add(new ManifestError(file, line, path, detail));
        _paths.Add(path);
    }

    /// <inheritdoc cref="Add"/>
    public void Warn(string path, string detail, string? at = null) =>
        _warnings.Add(new ManifestError(file, _lines.Of(at ?? path), path, detail).ToString());

    /// <summary>Whether an error is known for the field itself or one that contains it: what follows from that is not worth telling.</summary>
    public bool Covers(string path)
    {
        while (path.Length > 0 && !_paths.Contains(path))
        {
            path = SourceLines.Parent(path);
        }

        return path.Length > 0;
    }

    /// <summary>Whether an error is known for something in the field: it may seem empty only because that was taken out.</summary>
    public bool HasWithin(string path) => _paths.Any(known => SourceLines.IsWithin(known, path));

    /// <summary>Throws everything found, in the order of the file.</summary>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new ManifestException([.. _errors.OrderBy(error => error.Line)]);
        }
    }
}
