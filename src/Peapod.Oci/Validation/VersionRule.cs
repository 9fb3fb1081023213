namespace Peapod.Oci;

/// <summary>Which versions of the runtime-spec are understood: 1.x, its release candidates included.</summary>
internal static class VersionRule
{
    public static void Check(string version)
    {
        if (version.Length == 0)
        {
            throw new SpecException("ociVersion", "is required");
        }
        if (!IsSemantic(version, out ReadOnlySpan<char> major))
        {
            throw new SpecException("ociVersion", $"\"{version}\" is not a version such as \"{DefaultSpec.OciVersion}\"");
        }
        if (major is not "1")
        {
            throw new SpecException("ociVersion", $"version {version} of the runtime-spec is not supported, only 1.x");
        }
    }

    // MAJOR.MINOR.PATCH, then perhaps -PRERELEASE and +BUILD (semver.org).
    private static bool IsSemantic(string version, out ReadOnlySpan<char> major)
    {
        major = default;
        ReadOnlySpan<char> core = version;
        int build = core.IndexOf('+');
        if (build >= 0)
        {
            if (!AreIdentifiers(core[(build + 1)..]))
            {
                return false;
            }
            core = core[..build];
        }
        int prerelease = core.IndexOf('-');
        if (prerelease >= 0)
        {
            if (!AreIdentifiers(core[(prerelease + 1)..]))
            {
                return false;
            }
            core = core[..prerelease];
        }
        int first = core.IndexOf('.');
        int last = core.LastIndexOf('.');
        if (first < 0 || first == last)
        {
            return false;
        }
        major = core[..first];
        return IsNumber(major) && IsNumber(core[(first + 1)..last]) && IsNumber(core[(last + 1)..]);
    }

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        text.Length != 0 && !text.ContainsAnyExceptInRange('0', '9') && (text.Length == 1 || text[0] != '0');

    private static bool AreIdentifiers(ReadOnlySpan<char> text)
    {
        int length = 0;
        foreach (char c in text)
        {
            if (c == '.' ? length == 0 : !(char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                return false;
            }
            length = c == '.' ? 0 : length + 1;
        }
        return length != 0;
    }
}
