using Peapod.Oci;

namespace Peapod.Container.Systemd;

/// <summary>The scope that linux.cgroupsPath asks for, in runc's form <c>slice:prefix:name</c>. Pure.</summary>
/// <param name="Slice">The slice that it lies in.</param>
/// <param name="Unit">The unit's name.</param>
internal sealed record ScopeName(string Slice, string Unit)
{
    private const string Field = "linux.cgroupsPath";
    private const string SliceSuffix = ".slice";
    private const string RootSlice = "-.slice";
    private const int MaximumLength = 255;

    /// <summary>What its unit's name ends with.</summary>
    internal const string Suffix = ".scope";

    /// <summary>Its cgroup's path from the hierarchy's root: a slice "a-b.slice" lies in "a.slice".</summary>
    internal string Path
    {
        get
        {
            var path = "/";
            for (var dash = Slice.IndexOf('-'); Slice != RootSlice && dash > 0; dash = Slice.IndexOf('-', dash + 1))
            {
                path += Slice[..dash] + SliceSuffix + "/";
            }

            return path + (Slice == RootSlice ? "" : Slice + "/") + Unit;
        }
    }

    /// <param name="cgroupsPath"><c>slice:prefix:name</c>; nothing is <c>system.slice:peapod:ID</c>, and so is an empty slice.</param>
    /// <param name="id">The container's id.</param>
    /// <exception cref="SpecException">Another form, or names that systemd does not take.</exception>
    internal static ScopeName Parse(string? cgroupsPath, string id)
    {
        var parts = string.IsNullOrEmpty(cgroupsPath) ? ["", "peapod", id] : cgroupsPath.Split(':');
        if (parts is not [var slice, var prefix, { Length: > 0 } name])
        {
            throw new SpecException(Field, $"\"{cgroupsPath}\" is not slice:prefix:name, as the systemd cgroup manager wants it (system.slice:peapod:{id})");
        }

        if (name.EndsWith(SliceSuffix, StringComparison.Ordinal))
        {
            throw new SpecException(Field, $"\"{name}\" names a slice, which holds no processes: a container's unit is a scope");
        }

        slice = slice switch { "" => "system.slice", "-" => RootSlice, _ => slice };
        CheckSlice(slice);
        var unit = $"{prefix}-{name}{Suffix}";
        Check(unit);
        return new(slice, unit);
    }

    private static void CheckSlice(string slice)
    {
        Check(slice);
        var stem = slice.EndsWith(SliceSuffix, StringComparison.Ordinal) ? slice[..^SliceSuffix.Length] : "";
        if (slice != RootSlice && Array.IndexOf(stem.Split('-'), "") >= 0)
        {
            throw new SpecException(Field, $"\"{slice}\" is no name of a slice: it ends with {SliceSuffix} and has a name on both sides of each dash");
        }
    }

    /// <summary>systemd.unit(5): what a unit's name may hold.</summary>
    private static void Check(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '-' or '_' or '.' or '\\' or '@'))
            {
                throw new SpecException(Field, $"\"{name}\" is no name of a unit: it must not hold '{c}'");
            }
        }

        if (name.Length > MaximumLength)
        {
            throw new SpecException(Field, $"\"{name}\" is no name of a unit: it is longer than {MaximumLength} characters");
        }
    }
}
