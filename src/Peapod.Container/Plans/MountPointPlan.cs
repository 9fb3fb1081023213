using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>
/// Makes what a creation makes in the root file system, mount points and devices, by doing all the mounts of a creation in a mount namespace
/// that ends right after: what is restored mounts over the same places, and does not make them.
/// </summary>
internal static class MountPointPlan
{
    /// <returns>Null when the container has no mounts of its own.</returns>
    internal static Plan? Compile(PlanRequest request)
    {
        var spec = request.Spec;
        if (!NamespacePlan.Has(spec, Libc.CLONE_NEWNS, newOnly: true))
        {
            return null;
        }

        var plan = new PlanBuilder { CloneFlags = Libc.CLONE_NEWNS };
        RootPlan.AddInit(plan, request with { Spec = WithoutIds(spec) });
        plan.Init(new(PlanCode.Sync, "", "let the mount points be used") { A = (ulong)InitStage.Ready });
        return plan.Build();
    }

    /// <summary>Whose ids files have does not matter here, and a new cgroup file system would only be slower than a view of the host's.</summary>
    private static Spec WithoutIds(Spec spec)
    {
        var mounts = new Mount[spec.Mounts?.Count ?? 0];
        for (var i = 0; i < mounts.Length; i++)
        {
            var mount = spec.Mounts![i];
            var options = new List<string>(mount.Options ?? []);
            options.RemoveAll(static option => option is "idmap" or "ridmap");
            mounts[i] = mount with { UidMappings = [], GidMappings = [], Options = options };
        }

        return spec with { Mounts = mounts, Linux = spec.Linux! with { Namespaces = [new LinuxNamespace { Type = "mount" }] } };
    }
}
