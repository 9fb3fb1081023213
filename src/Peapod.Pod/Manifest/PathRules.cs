namespace Peapod.Pod.Manifest;

/// <summary>Paths that the manifest names inside of volumes and on the host.</summary>
internal static class PathRules
{
    public const string NotAbsolute = "must be an absolute path";
    public const string NotRelative = "must be a relative path";
    public const string Backsteps = "must not contain '..'";
    private const string Reserved = "must not start with '..'";

    public static bool IsAbsolute(string path) => path.StartsWith('/');

    public static bool HasBacksteps(string path)
    {
        foreach (var part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan(part) is "..")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Relative, and never up.</summary>
    public static void Descending(this FieldErrors errors, string path, string at)
    {
        if (IsAbsolute(path))
        {
            errors.Invalid(at, path, NotRelative);
        }
        else if (HasBacksteps(path))
        {
            errors.Invalid(at, path, Backsteps);
        }
    }

    /// <summary>A file that Peapod writes into a volume: besides, no name that an atomic writer keeps for itself.</summary>
    public static void NotReserved(this FieldErrors errors, string path, string at)
    {
        errors.Descending(path, at);
        if (path.StartsWith("..", StringComparison.Ordinal) && !HasBacksteps(path))
        {
            errors.Invalid(at, path, Reserved);
        }
    }
}
