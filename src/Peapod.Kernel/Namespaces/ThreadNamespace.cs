using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Namespaces;

/// <summary>Puts this thread into another namespace until disposed, then back into the one it came from. setns(2).</summary>
public sealed class ThreadNamespace : IDisposable
{
    private readonly SafeFd original;
    private readonly int type;

    private ThreadNamespace(SafeFd original, int type)
    {
        this.original = original;
        this.type = type;
    }

    /// <param name="target">A namespace descriptor, or a pidfd together with <paramref name="type"/>.</param>
    /// <param name="name">The name under /proc/thread-self/ns, such as <c>net</c> or <c>pid_for_children</c>.</param>
    /// <param name="type">The CLONE_NEW* flag of the namespace.</param>
    /// <exception cref="KernelException">setns refused.</exception>
    public static ThreadNamespace Enter(SafeFd target, string name, ulong type)
    {
        // pid_for_children is empty (ENOENT) while it has no process yet, but the own one always has.
        var original = FileSystem.Open($"/proc/thread-self/ns/{name}", Libc.O_RDONLY);
        if (Libc.setns(target.Number, (int)type) != 0)
        {
            var error = KernelException.Last("setns", name);
            original.Dispose();
            throw error;
        }

        return new ThreadNamespace(original, (int)type);
    }

    public void Dispose()
    {
        var result = Libc.setns(original.Number, type);
        original.Dispose();
        if (result != 0)
        {
            // A thread left in a foreign namespace must not run on.
            Environment.FailFast(KernelException.Last("setns").Message);
        }
    }
}
