using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Layout;

namespace Peapod.Pod.Cli.Selection;

/// <summary>Waits until something of a host's pods changes: one is made or removed, or its status is written. inotify(7).</summary>
internal sealed unsafe class PodChanges : IDisposable
{
    private const uint IN_MOVED_TO = 0x80;
    private const uint IN_CREATE = 0x100;
    private const uint IN_DELETE = 0x200;
    private const uint IN_DELETE_SELF = 0x400;
    private const int IN_NONBLOCK = 0x800;
    private const int IN_CLOEXEC = 0x80000;

    private readonly SafeFd notifications;
    private readonly PodHost host;

    private PodChanges(SafeFd notifications, PodHost host)
    {
        this.notifications = notifications;
        this.host = host;
    }

    /// <summary>Changes from now on wake the next <see cref="Wait"/>.</summary>
    internal static PodChanges Open(PodHost host)
    {
        var changes = new PodChanges(SafeFd.Check(Libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC), "inotify_init1"), host);
        FileSystem.MakeDirectories(host.PodsRoot, PodFolders.PrivateFolder);
        changes.WatchAll();
        return changes;
    }

    /// <summary>Returns after a change, or when the time is over.</summary>
    internal void Wait(int milliseconds)
    {
        var entry = new PollFd { Fd = notifications.Number, Events = Libc.POLLIN };
        Libc.poll(&entry, 1, milliseconds);
        var buffer = stackalloc byte[4096];
        while (Libc.read(notifications.Number, buffer, 4096) > 0)
        {
        }

        // Who is new is watched from now on. One that went again meanwhile is no failure.
        WatchAll();
    }

    public void Dispose() => notifications.Dispose();

    private void WatchAll()
    {
        Libc.inotify_add_watch(notifications.Number, host.PodsRoot, IN_CREATE | IN_DELETE | IN_MOVED_TO);
        foreach (var pod in host.Pods())
        {
            Libc.inotify_add_watch(notifications.Number, pod.Run, IN_MOVED_TO | IN_DELETE_SELF);
        }
    }
}
