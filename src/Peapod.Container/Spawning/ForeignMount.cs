using System.Globalization;
using Peapod.Container.Plans;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Mounts;
using Peapod.Kernel.Namespaces;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Spawning;

/// <summary>
/// A file system that shows a namespace which the child's user namespace does not own: the kernel lets the child make none, and the
/// caller can. user_namespaces(7), "Interaction of user namespaces and other types of namespaces".
/// </summary>
internal static class ForeignMount
{
    /// <summary>Makes it for the namespace that the child is in, and sends it with the leave to go on.</summary>
    /// <exception cref="ContainerException">It cannot be made; the message begins with the field.</exception>
    internal static void Give(Spawner.Child child, InitOperation operation)
    {
        try
        {
            var (name, type) = NamespaceOf(operation.Source!);
            using var space = FileSystem.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{child.Pid}/ns/{name}"), Libc.O_RDONLY);
            using var mount = Make(operation, space, name, type);
            UnixSocket.Send(child.Socket, [1], mount);
        }
        catch (KernelException e)
        {
            throw Failures.OfOperation(operation, e.Error, e.Operation);
        }
    }

    private static DetachedMount Make(InitOperation operation, SafeFd space, string name, ulong type)
    {
        var (source, parameters) = Split(operation.List!);
        if (type == Libc.CLONE_NEWPID)
        {
            return DetachedMount.CreateProc(source, parameters, operation.A, space);
        }

        using var entered = ThreadNamespace.Enter(space, name, type);
        return DetachedMount.Create(operation.Source!, source, parameters, operation.A);
    }

    private static (string Name, ulong Type) NamespaceOf(string type) => type switch
    {
        "sysfs" => ("net", Libc.CLONE_NEWNET),
        "mqueue" => ("ipc", Libc.CLONE_NEWIPC),
        "cgroup2" => ("cgroup", Libc.CLONE_NEWCGROUP),
        _ => ("pid_for_children", Libc.CLONE_NEWPID),
    };

    private static (string? Source, List<KeyValuePair<string, string?>> Parameters) Split(IReadOnlyList<string> list)
    {
        string? source = null;
        var parameters = new List<KeyValuePair<string, string?>>(list.Count);
        foreach (var item in list)
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (item.StartsWith("source=", StringComparison.Ordinal))
            {
                source = item[(equals + 1)..];
            }
            else
            {
                parameters.Add(equals < 0 ? new(item, null) : new(item[..equals], item[(equals + 1)..]));
            }
        }

        return (source, parameters);
    }
}
