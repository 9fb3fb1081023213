using System.Text;
using Peapod.Container.Plans;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.Spawning;

/// <summary>The maps of user namespaces. user_namespaces(7).</summary>
internal static class IdMaps
{
    /// <summary>Writes the maps of the user namespace that a process has just made.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="field">The field that has <c>uidMappings</c> and <c>gidMappings</c>, for errors.</param>
    /// <param name="uids">User ids.</param>
    /// <param name="gids">Group ids.</param>
    internal static void Write(int pid, string field, IReadOnlyList<LinuxIdMapping> uids, IReadOnlyList<LinuxIdMapping> gids)
    {
        using var process = FileSystem.Open($"/proc/{pid}", Libc.O_PATH | Libc.O_DIRECTORY);
        Write(process, "uid_map", $"{field}.uidMappings", uids);
        Write(process, "gid_map", $"{field}.gidMappings", gids);
    }

    /// <summary>A user namespace with these maps and without a process: the one that made it has ended when this returns.</summary>
    internal static SafeFd MakeNamespace(MakeUserNamespaceStep step)
    {
        var plan = new Plan(
            0,
            [],
            [
                new(PlanCode.Unshare, step.Field, step.Text) { A = Libc.CLONE_NEWUSER },
                new(PlanCode.Sync, step.Field, "wait for the maps") { A = (ulong)InitStage.MapUsers },
            ],
            0);
        return BriefChild.Run(plan, null, pid =>
        {
            Write(pid, step.Field, step.UidMappings, step.GidMappings);
            return FileSystem.Open($"/proc/{pid}/ns/user", Libc.O_RDONLY);
        });
    }

    private static void Write(SafeFd process, string name, string field, IReadOnlyList<LinuxIdMapping> mappings)
    {
        var text = new StringBuilder();
        for (var i = 0; i < mappings.Count; i++)
        {
            text.Append($"{mappings[i].ContainerID} {mappings[i].HostID} {mappings[i].Size}\n");
        }

        try
        {
            FileSystem.WriteExisting(process, name, text.ToString());
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{Failures.Prefix(field)}cannot write {name}: {KernelException.Describe(e.Error)}", 1, e);
        }
    }
}
