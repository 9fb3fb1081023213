using System.Runtime.ExceptionServices;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Namespaces;

/// <summary>Another mount namespace, whose paths are looked up from its root. setns(2).</summary>
public static class MountNamespace
{
    /// <summary>Does something in <paramref name="target"/>, in a thread that ends with it: setns(2) would take a process's root along.</summary>
    /// <exception cref="KernelException">The namespace cannot be entered, or what <paramref name="action"/> throws.</exception>
    public static T Run<T>(SafeFd target, Func<T> action)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                KernelException.Check(Libc.unshare((int)Libc.CLONE_FS), "unshare");
                KernelException.Check(Libc.setns(target.Number, (int)Libc.CLONE_NEWNS), "setns", "mnt");
                result = action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
