using Peapod.Container.Cgroups;
using Peapod.Container.Devices;
using Peapod.Container.Plans;
using Peapod.Container.Systemd;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Lifecycle;

/// <summary>The cgroup of a container in the making: a directory, a scope of systemd's, or none. What is wrong with it is told before anything is made.</summary>
internal sealed class NewCgroup : IDisposable
{
    private const string TasksFile = "pids.max";

    private readonly CgroupHierarchy hierarchy;
    private readonly Spec spec;
    private readonly ScopeName? scopeName;
    private readonly IReadOnlyList<CgroupSetting> settings;
    private readonly IReadOnlyList<UnitProperty> properties = [];
    private readonly bool limitsLater;
    private Scope? scope;
    private Cgroup? cgroup;
    private Cgroup? subgroup;

    /// <param name="hierarchy">Where it is made.</param>
    /// <param name="request">The container.</param>
    /// <param name="limitsLater">criu works in it first, and needs more than the container may have: the limits come with <see cref="Inhabited"/>.</param>
    /// <exception cref="SpecException">A field that this manager cannot do.</exception>
    internal NewCgroup(CgroupHierarchy hierarchy, CreateRequest request, bool limitsLater = false)
    {
        this.limitsLater = limitsLater;
        this.hierarchy = hierarchy;
        spec = request.Spec;
        settings = CgroupSettings.Compile(spec.Linux?.Resources);
        switch (request.CgroupManager)
        {
            case CgroupManager.FileSystem:
                Path = CgroupPath.Resolve(hierarchy, spec.Linux?.CgroupsPath, request.Id);
                break;
            case CgroupManager.Systemd:
                scopeName = ScopeName.Parse(spec.Linux?.CgroupsPath, request.Id);
                properties = ScopeProperties.Compile(scopeName, request.Id, spec, FileSystem.TryReadText(DeviceProperties.Drivers) ?? "");
                Path = hierarchy.MountPoint + scopeName.Path;
                break;
            default:
                RefuseWhatNeedsOne();
                break;
        }
    }

    /// <summary>Where it is, or is to be; empty for none.</summary>
    internal string Path { get; private set; } = "";

    /// <summary>The highest directory that is to be made above it; null for none, or when systemd makes them.</summary>
    internal string? MissingAbove => Path.Length == 0 || scopeName is not null ? null : Cgroup.MissingAbove(Path);

    /// <summary>The scope's name; null when systemd has no part in it.</summary>
    internal string? Unit => scopeName?.Unit;

    /// <summary>What a process is made in; null for the caller's own cgroup.</summary>
    internal SafeFd? Directory => (subgroup ?? cgroup)?.Directory;

    /// <summary>Makes it, with its limits and its device program.</summary>
    /// <param name="undo">Takes what removes it.</param>
    /// <param name="owner">Written on a directory that is made: whose it is.</param>
    internal void Make(Undo undo, string owner)
    {
        if (Path.Length == 0)
        {
            return;
        }

        if (scopeName is null)
        {
            cgroup = Cgroup.Create(hierarchy, Path, owner);
            undo.Add(cgroup.Remove);
            if (!limitsLater)
            {
                // Whoever makes the process, and the hooks, may be more than there may be later on.
                cgroup.Apply(settings, static setting => setting.File == TasksFile ? setting with { Value = "max" } : setting);
            }
        }
        else
        {
            scope = Scope.Start(hierarchy, scopeName, properties);
            cgroup = scope.Cgroup;
            Path = cgroup.Path;
            undo.Add(scope.Stop);
            cgroup.MarkOwner(owner);
            scope.Apply(hierarchy, settings, limitsLater);
            if (CrunAnnotations.CgroupBelow(spec, CrunAnnotations.SystemdSubgroup) is { Length: > 0 } below)
            {
                subgroup = cgroup.MakeBelow(below, CrunAnnotations.SystemdSubgroup);
            }
        }

        if (CgroupOwner.Of(spec) is { } user)
        {
            cgroup.GiveTo(user);
            subgroup?.GiveTo(user);
        }

        DeviceProgram.Attach(cgroup.Directory, spec.Linux?.Resources?.Devices);
    }

    /// <summary>The container's process is in it.</summary>
    internal void Inhabited()
    {
        scope?.Dispose();
        if (scope is null && limitsLater)
        {
            cgroup?.Apply(settings);
        }
    }

    /// <summary>All is set up but the container's own program: what was not limited yet is, and the process goes where it may divide its cgroup.</summary>
    /// <param name="pid">The process.</param>
    internal void Occupy(int pid)
    {
        scope?.Limit(settings);
        if (scope is null && !limitsLater)
        {
            cgroup?.Apply(settings, static setting => setting.File == TasksFile ? setting : null);
        }

        if (cgroup is not null && CrunAnnotations.CgroupBelow(spec, CrunAnnotations.DelegateCgroup) is { Length: > 0 } below)
        {
            using var delegated = (subgroup ?? cgroup).MakeBelow(below, CrunAnnotations.DelegateCgroup);
            if (CgroupOwner.Of(spec) is { } user)
            {
                delegated.GiveTo(user);
            }

            delegated.Take(pid);
        }
    }

    internal void Kill() => cgroup?.Kill();

    public void Dispose()
    {
        scope?.Dispose();
        subgroup?.Dispose();
        cgroup?.Dispose();
    }

    private void RefuseWhatNeedsOne()
    {
        if (settings is [var setting, ..])
        {
            throw new SpecException(setting.Field, "needs a cgroup, and --cgroup-manager=disabled makes none");
        }

        // Nothing else would tell its processes from others when they are to be killed.
        if (!NamespacePlan.Has(spec, Libc.CLONE_NEWPID, newOnly: true))
        {
            throw new SpecException("linux.namespaces", "a container without a cgroup (--cgroup-manager=disabled) needs a new pid namespace");
        }
    }
}
