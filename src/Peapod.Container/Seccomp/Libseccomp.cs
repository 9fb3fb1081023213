using System.Runtime.InteropServices;

namespace Peapod.Container.Seccomp;

/// <summary>libseccomp, which is linked into peapod-native. seccomp_init(3) and its like; results are 0 or a negated errno.</summary>
internal static unsafe partial class Libseccomp
{
    internal const int UnknownSyscall = -1;
    internal const uint OptimizeAttribute = 8; // SCMP_FLTATR_CTL_OPTIMIZE
    internal const uint BinaryTree = 2;

    private const string Library = "peapod-native";

    [LibraryImport(Library)]
    internal static partial VersionNumbers* seccomp_version();

    [LibraryImport(Library)]
    internal static partial nint seccomp_init(uint defaultAction);

    [LibraryImport(Library)]
    internal static partial void seccomp_release(nint filter);

    [LibraryImport(Library)]
    internal static partial int seccomp_attr_set(nint filter, uint attribute, uint value);

    [LibraryImport(Library)]
    internal static partial uint seccomp_arch_native();

    /// <returns>AUDIT_ARCH_*, or what is made like one; 0 for a name that is not known.</returns>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint seccomp_arch_resolve_name(string name);

    [LibraryImport(Library)]
    internal static partial int seccomp_arch_add(nint filter, uint architecture);

    /// <returns>Its number, <see cref="UnknownSyscall"/>, or something below for one that another architecture has.</returns>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int seccomp_syscall_resolve_name(string name);

    /// <inheritdoc cref="seccomp_syscall_resolve_name"/>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int seccomp_syscall_resolve_name_arch(uint architecture, string name);

    [LibraryImport(Library)]
    internal static partial int seccomp_rule_add_array(nint filter, uint action, int syscall, uint count, Condition* conditions);

    [LibraryImport(Library)]
    internal static partial int seccomp_export_bpf(nint filter, int fd);

    /// <summary>struct scmp_version.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct VersionNumbers
    {
        internal uint Major;
        internal uint Minor;
        internal uint Micro;
    }

    /// <summary>struct scmp_arg_cmp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Condition
    {
        internal uint Argument;
        internal Comparison Operator;
        internal ulong First;
        internal ulong Second;
    }

    /// <summary>enum scmp_compare.</summary>
    internal enum Comparison
    {
        NotEqual = 1,
        Less = 2,
        LessOrEqual = 3,
        Equal = 4,
        GreaterOrEqual = 5,
        Greater = 6,
        MaskedEqual = 7,
    }
}
