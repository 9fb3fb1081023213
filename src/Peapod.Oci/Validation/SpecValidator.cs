namespace Peapod.Oci;

/// <summary>
/// The rules of the runtime-spec (and, where it is silent, of runc) that can be checked without looking at the system.
/// A fault is thrown as a <see cref="SpecException"/> that names the field.
/// </summary>
public static class SpecValidator
{
    /// <summary>Checks a whole configuration, but for what the runtime-spec wants warned of and not refused: capabilities that are not known.</summary>
    /// <exception cref="SpecException">A rule is broken.</exception>
    public static void Validate(Spec spec)
    {
        VersionRule.Check(spec.OciVersion);
        if (spec.Process is null)
        {
            throw new SpecException("process", "is required");
        }
        ProcessRules.Check(spec.Process, "process");
        if (spec.Root is null)
        {
            throw new SpecException("root", "is required");
        }
        if (spec.Root.Path.Length == 0)
        {
            throw new SpecException("root.path", "is required");
        }
        Rule.NoNul(spec.Root.Path, "root.path");
        MountRules.Check(spec.Mounts);
        if (spec.Hooks is not null)
        {
            HookRules.Check(spec.Hooks);
        }
        if (spec.Annotations.Count > 0)
        {
            AnnotationRules.Check(spec.Annotations);
        }
        var namespaces = NamespaceRules.Check(spec.Linux?.Namespaces ?? []);
        CheckHostName(spec, namespaces);
        if (spec.Linux is not null)
        {
            LinuxRules.Check(spec.Linux, namespaces);
        }
    }

    /// <summary>Checks a process for <c>exec --process</c>; fields are named as in its own document.</summary>
    /// <exception cref="SpecException">A rule is broken.</exception>
    public static void ValidateProcess(Process process) => ProcessRules.Check(process, "");

    /// <summary>Checks a list of mounts that stands by itself; fields are named as in its own document.</summary>
    /// <exception cref="SpecException">A rule is broken.</exception>
    public static void ValidateMounts(IReadOnlyList<Mount> mounts) => MountRules.Check(mounts);

    /// <summary>Checks limits for <c>update -r</c>; fields are named as in their own document.</summary>
    /// <exception cref="SpecException">A rule is broken.</exception>
    public static void ValidateResources(LinuxResources resources) => ResourceRules.Check(resources, "");

    /// <summary>Checks a system call filter that stands by itself.</summary>
    /// <exception cref="SpecException">The first breach.</exception>
    public static void ValidateSeccomp(LinuxSeccomp seccomp) => SeccompRules.Check(seccomp);

    private static void CheckHostName(Spec spec, NamespaceSet namespaces)
    {
        CheckUtsName(spec.Hostname, "hostname", namespaces);
        CheckUtsName(spec.Domainname, "domainname", namespaces);
    }

    private static void CheckUtsName(string? name, string field, NamespaceSet namespaces)
    {
        if (string.IsNullOrEmpty(name))
        {
            return;
        }
        Rule.NoNul(name, field);
        if (!namespaces.Has("uts"))
        {
            throw new SpecException(field, "needs a uts namespace in linux.namespaces");
        }
        const int longest = 64;
        if (System.Text.Encoding.UTF8.GetByteCount(name) > longest)
        {
            throw new SpecException(field, $"is longer than {longest} bytes");
        }
    }
}
