using System.Globalization;
using Peapod.Container.Cgroups;
using Peapod.Container.Plans;
using Peapod.Container.State;
using Peapod.Kernel.Interop;

namespace Peapod.Container.Lifecycle;

/// <content>A container that another runtime has made.</content>
public sealed partial class Container
{
    /// <summary>Keeps a record of it, so that its process, cgroup and configuration are found as those of our own are.</summary>
    /// <param name="store">Where.</param>
    /// <param name="request">What it was made from; the cgroup's path is one of the file system.</param>
    /// <param name="pid">Its first process.</param>
    public static void Register(ContainerStore store, CreateRequest request, int pid)
    {
        using var held = store.Add(request.Id);
        var record = new ContainerRecord
        {
            Id = request.Id,
            OciVersion = request.Spec.OciVersion ?? "",
            Bundle = request.Bundle,
            Rootfs = "",
            Cgroup = request.Spec.Linux?.CgroupsPath is { } path ? $"{CgroupHierarchy.Find().MountPoint}{path}" : "",
            Created = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
            Owner = Libc.geteuid(),
            HasPidNamespace = NamespacePlan.Has(request.Spec, Libc.CLONE_NEWPID, newOnly: true),
        }.Of(pid);
        store.WriteConfig(request.Id, request.SpecJson.Span);
        store.Write(record);
        store.WriteProcess(record);
        ContainerStore.Complete(held);
    }
}
