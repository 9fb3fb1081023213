namespace Peapod.Oci;

/// <summary>Checks that many rules share.</summary>
internal static class Rule
{
    /// <summary>A field's path below another's, which is empty for the document itself.</summary>
    public static string Join(string path, string field) => path.Length == 0 ? field : path + "." + field;

    /// <summary>The kernel ends a string at its first NUL.</summary>
    public static void NoNul(string? text, string field)
    {
        if (text is not null && text.Contains('\0'))
        {
            throw new SpecException(field, "contains a NUL character");
        }
    }

    /// <summary>No text of a list has a NUL.</summary>
    public static void NoNul(IReadOnlyList<string> texts, string path, string field)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            if (texts[i].Contains('\0'))
            {
                throw new SpecException($"{Join(path, field)}[{i}]", "contains a NUL character");
            }
        }
    }

    /// <summary>Whether a text can be a list of CPUs or memory nodes such as <c>0-3,7</c>; the kernel looks closer.</summary>
    public static bool IsNumberList(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c) && c is not (',' or '-' or ' '))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>A path is there, is absolute and has no NUL.</summary>
    public static void AbsolutePath(string path, string field)
    {
        if (path.Length == 0)
        {
            throw new SpecException(field, "is required");
        }
        if (path[0] != '/')
        {
            throw new SpecException(field, $"must be an absolute path, not \"{path}\"");
        }
        NoNul(path, field);
    }
}
