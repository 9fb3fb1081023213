using System.Text;
using Peapod.Container;
using Peapod.Container.Lifecycle;
using Peapod.Container.State;
using Peapod.Image;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Processes;
using Peapod.Kernel.Sockets;
using Peapod.Network;
using Peapod.Pod.Containers;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Volumes;

namespace Peapod.Pod.Supervision;

/// <summary>
/// The one process that watches over a pod: parent of its sandbox and containers, keeper of their logs, restarts and exit
/// codes. One thread, one poll(2). It can die and be started again: the containers do not notice.
/// </summary>
public sealed class Supervisor : IDisposable
{
    internal const string SocketName = "control";

    /// <summary>Milliseconds in which a killed process must be gone.</summary>
    private const int KillTimeout = 10_000;

    /// <summary>Milliseconds between two attempts to make a sandbox that could not be made.</summary>
    private const int SandboxPause = 10_000;

    private readonly PodFolders folders;
    private readonly PodManifest pod;
    private readonly ImageStore images;
    private readonly FileLock held;
    private readonly PodVolumes volumes;
    private readonly List<PodContainer> containers = [];
    private readonly List<SafeFd> clients = [];
    private readonly List<SafeFd> waitingForStop = [];
    private SafeFd? listener;
    private PidFd? sandbox;
    private ContainerSpecCompiler? compiler;
    private PodStatus status;
    private long? killAt;
    private long sandboxAt;
    private bool stopping;

    private Supervisor(PodFolders folders, PodManifest pod, PodStatus status, FileLock held)
    {
        this.folders = folders;
        this.pod = pod;
        this.status = status;
        this.held = held;
        images = new ImageStore(folders.Host.DataRoot);
        volumes = new PodVolumes(pod, folders);
    }

    /// <summary>The supervisor of a pod whose manifest is written; null when it has one already.</summary>
    public static Supervisor? TryOpen(PodFolders folders)
    {
        var held = FileLock.TryAcquire(folders.Lock);
        if (held is null)
        {
            return null;
        }

        held.Write($"{Environment.ProcessId}");
        var pod = ManifestFile.Read(folders);
        var status = StatusFile.TryRead(folders) ?? new PodStatus { StartTime = Timestamp.Now, QosClass = QosClass.Of(pod) };
        return new Supervisor(folders, pod, status, held);
    }

    /// <summary>Makes the pod, or takes over the one that runs. A failure takes back what was made.</summary>
    /// <exception cref="PodException">What could not be done.</exception>
    public void Begin()
    {
        using (var run = FileSystem.OpenDirectory(folders.Run))
        {
            FileSystem.Remove(run, SocketName, 0);
            listener = UnixSocket.Listen(run, SocketName, Libc.SOCK_SEQPACKET);
        }

        FileSystem.MakeDirectories(folders.Data, PodFolders.PrivateFolder);
        if (Libc.symlinkat(folders.Run, Libc.AT_FDCWD, folders.RunLink) != 0 && KernelException.Last("symlink", folders.RunLink) is { Error: not Errno.EEXIST } error)
        {
            throw error;
        }

        FileSystem.MakeDirectory($"{folders.Data}/logs", PodFolders.PrivateFolder);
        var wasRunning = status.Phase == PodPhase.Running;
        foreach (var spec in pod.Spec.Containers)
        {
            containers.Add(new PodContainer(spec, pod.Metadata.Uid!, folders, wasRunning ? status.ContainerStatuses.FirstOrDefault(known => known.Name == spec.Name) : null));
        }

        if (wasRunning)
        {
            TakeOver();
        }
        else
        {
            Make();
        }
    }

    /// <summary>Watches until the pod is stopped, or everything in it has ended for good.</summary>
    public void Run()
    {
        while (true)
        {
            AfterChanges();
            if (IsOver())
            {
                Finish();
                return;
            }

            WaitForSomething();
            Accept();
            Serve();
            foreach (var container in containers)
            {
                container.Streams.Pump();
                container.Reap();
            }

            CheckSandbox();
            if (killAt <= Environment.TickCount64)
            {
                killAt = null;
                containers.ForEach(static container => container.Signal(Signals.SIGKILL));
            }
        }
    }

    public void Dispose()
    {
        containers.ForEach(static container => container.Dispose());
        clients.ForEach(static client => client.Dispose());
        listener?.Dispose();
        sandbox?.Dispose();
        held.Dispose();
    }

    private void Make()
    {
        using var undo = new Undo();
        undo.Add(() => PodTeardown.Stop(folders));
        volumes.Make();
        MakeSandbox();
        foreach (var container in containers)
        {
            container.Start(compiler!, volumes, images);
        }

        undo.Keep();
        WriteStatus();
    }

    /// <summary>Goes on where a supervisor that was killed left off.</summary>
    private void TakeOver()
    {
        containers.ForEach(static container => container.Adopt());
        var store = new ContainerStore(folders.Containers);
        if (store.TryRead(SandboxSpec.Id) is { } record && Container.Lifecycle.Container.Open(store, SandboxSpec.Id).OpenProcess() is { } running)
        {
            sandbox = running;
            compiler = new ContainerSpecCompiler(pod, folders, record.Pid, PodTeardown.CgroupOf(folders));
        }
        else
        {
            EndWithoutSandbox();
        }
    }

    private void MakeSandbox()
    {
        var store = new ContainerStore(folders.Containers);
        var spec = SandboxSpec.Create(pod.Spec.Hostname ?? pod.Metadata.Name, PodTeardown.CgroupOf(folders));
        using var root = Kernel.Mounts.DetachedMount.Create(
            "tmpfs", "sandbox", [new("size", "4k"), new("mode", "555")], Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC);
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        var (container, process) = Container.Lifecycle.Container.Create(store, new CreateRequest
        {
            Id = SandboxSpec.Id,
            Spec = spec,
            SpecJson = spec.ToJson(),
            Bundle = folders.Run,
            RootMount = root,
            Pauses = true,
            NoNewKeyring = true,
            Streams = new(nothing, nothing, nothing),
        });
        sandbox = process.Process;
        using var network = new PodNetwork(folders.Host.ReadNetwork());
        using var ns = FileSystem.Open($"/proc/{container.Record.Pid}/ns/net", Libc.O_RDONLY);
        var addresses = network.Attach(folders.Key, ns, Ports());
        PodFiles.Write(pod, folders, addresses);
        var ip = addresses.IPv4.ToString();
        status = status with { PodIP = ip, Addresses = addresses.IPv6 is { } ipv6 ? [new() { Address = ip }, new() { Address = ipv6.ToString() }] : [new() { Address = ip }] };
        compiler = new ContainerSpecCompiler(pod, folders, container.Record.Pid, PodTeardown.CgroupOf(folders));
    }

    private List<PortMapping> Ports()
    {
        var ports = new List<PortMapping>();
        foreach (var container in pod.Spec.Containers)
        {
            foreach (var port in container.Ports)
            {
                if (port.HostPort is { } hostPort)
                {
                    var protocol = port.Protocol switch { Objects.PortProtocol.Udp => Network.PortProtocol.Udp, Objects.PortProtocol.Sctp => Network.PortProtocol.Sctp, _ => Network.PortProtocol.Tcp };
                    var address = string.IsNullOrEmpty(port.HostIP) ? null : System.Net.IPAddress.Parse(port.HostIP);
                    ports.Add(new PortMapping(protocol, hostPort, port.Number, address));
                }
            }
        }

        return ports;
    }

    /// <summary>Starts again what has ended and shall run, when its time has come; writes the status if it changed.</summary>
    private void AfterChanges()
    {
        foreach (var container in containers)
        {
            if (stopping)
            {
                container.CancelRestart();
                continue;
            }

            if (container.Process is null && container.RestartAt is null && Restarts(container))
            {
                container.ScheduleRestart();
            }

            if (sandbox is not null && container.RestartAt <= Environment.TickCount64)
            {
                Restart(container);
            }
        }

        WriteStatus();
    }

    private bool Restarts(PodContainer container) => container.Status.State.Terminated is { } ended && pod.Spec.RestartPolicy switch
    {
        RestartPolicy.Never => false,
        RestartPolicy.OnFailure => ended.ExitCode != 0,
        _ => true,
    };

    private void Restart(PodContainer container)
    {
        try
        {
            container.Start(compiler!, volumes, images);
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            container.ScheduleRestart();
            container.Waits("CreateContainerError", e.Message);
        }
    }

    private void CheckSandbox()
    {
        if (sandbox is not null && !stopping && sandbox.WaitForExit(0))
        {
            EndWithoutSandbox();
        }

        if (sandbox is null && !stopping && sandboxAt <= Environment.TickCount64)
        {
            RemakeSandbox();
        }
    }

    /// <summary>Without its sandbox a pod has no network: its containers end, to be made anew with a new one.</summary>
    private void EndWithoutSandbox()
    {
        containers.ForEach(static container => container.Signal(Signals.SIGKILL));
        foreach (var container in containers)
        {
            container.Process?.WaitForExit(KillTimeout);
            container.Reap();
        }

        ReapSandbox();
        PodTeardown.Stop(folders);
        stopping |= pod.Spec.RestartPolicy == RestartPolicy.Never;
    }

    private void RemakeSandbox()
    {
        try
        {
            MakeSandbox();
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            Console.Error.WriteLine($"{DateTime.UtcNow:O} sandbox: {e.Message}");
            sandbox?.Signal(Signals.SIGKILL);
            sandbox?.WaitForExit(KillTimeout);
            ReapSandbox();
            PodTeardown.Stop(folders);
            sandboxAt = Environment.TickCount64 + SandboxPause;
        }
    }

    private void ReapSandbox()
    {
        try
        {
            sandbox?.TryWait();
        }
        catch (KernelException e) when (e.Error == Errno.ECHILD)
        {
            // It was an earlier supervisor's child.
        }

        sandbox?.Dispose();
        sandbox = null;
    }

    private bool IsOver() => containers.TrueForAll(container => container.Process is null && container.RestartAt is null && (stopping || !Restarts(container)));

    private void Finish()
    {
        sandbox?.Signal(Signals.SIGKILL);
        sandbox?.WaitForExit(KillTimeout);
        ReapSandbox();
        PodTeardown.Stop(folders);
        WriteStatus();
        foreach (var client in waitingForStop)
        {
            Answer(client, "ok");
        }
    }

    private void WriteStatus()
    {
        var states = containers.ConvertAll(static container => container.Status);
        var next = status with
        {
            ContainerStatuses = states,
            Phase = !IsOver() ? PodPhase.Running : states.TrueForAll(static state => state.State.Terminated?.ExitCode == 0) ? PodPhase.Succeeded : PodPhase.Failed,
            Reason = stopping && !IsOver() ? "Terminating" : null,
        };
        if (!next.ContainerStatuses.SequenceEqual(status.ContainerStatuses) || next with { ContainerStatuses = status.ContainerStatuses } != status)
        {
            status = next;
            StatusFile.Write(folders, status);
        }
    }

    private unsafe void WaitForSomething()
    {
        var entries = new List<PollFd> { new() { Fd = listener!.Number, Events = Libc.POLLIN } };
        var next = killAt ?? long.MaxValue;
        Add(sandbox);
        clients.ForEach(Add);
        foreach (var container in containers)
        {
            Add(container.Process);

            // A fifo that nobody has open for writing is always ready: it is looked at only while the container runs.
            if (container.Process is not null)
            {
                container.Streams.AddTo(entries, ref next);
            }

            next = Math.Min(next, sandbox is null ? long.MaxValue : container.RestartAt ?? long.MaxValue);
        }

        if (sandbox is null && !stopping)
        {
            next = Math.Min(next, sandboxAt);
        }

        var timeout = next == long.MaxValue ? -1 : (int)Math.Clamp(next - Environment.TickCount64, 0, 60_000);
        fixed (PollFd* first = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(entries))
        {
            Libc.poll(first, (nuint)entries.Count, timeout);
        }

        void Add(SafeFd? fd)
        {
            if (fd is not null)
            {
                entries.Add(new() { Fd = fd.Number, Events = Libc.POLLIN });
            }
        }
    }

    private unsafe void Accept()
    {
        var entry = new PollFd { Fd = listener!.Number, Events = Libc.POLLIN };
        while (Libc.poll(&entry, 1, 0) > 0)
        {
            var fd = Libc.accept4(listener.Number, null, null, Libc.SOCK_CLOEXEC);
            if (fd < 0)
            {
                return;
            }

            clients.Add(new SafeFd(fd));
        }
    }

    private void Serve()
    {
        for (var i = clients.Count - 1; i >= 0; i--)
        {
            if (IsReadable(clients[i]) && !Serve(clients[i]))
            {
                clients[i].Dispose();
                waitingForStop.Remove(clients[i]);
                clients.RemoveAt(i);
            }
        }
    }

    private static unsafe bool IsReadable(SafeFd fd)
    {
        var entry = new PollFd { Fd = fd.Number, Events = Libc.POLLIN };
        return Libc.poll(&entry, 1, 0) > 0;
    }

    /// <returns>False when the client has gone.</returns>
    private bool Serve(SafeFd client)
    {
        Span<byte> buffer = stackalloc byte[1024];
        int count;
        try
        {
            count = UnixSocket.Receive(client, buffer);
        }
        catch (KernelException)
        {
            return false;
        }

        if (count == 0)
        {
            return false;
        }

        var words = Encoding.UTF8.GetString(buffer[..count]).Split(' ');
        switch (words)
        {
            case ["stop", var seconds]:
                Stop(long.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture));
                waitingForStop.Add(client);
                break;
            case ["attach", var name]:
                Attach(client, name);
                break;
            default:
                Answer(client, $"unknown request \"{words[0]}\"");
                break;
        }

        return true;
    }

    private void Stop(long seconds)
    {
        killAt = Math.Min(killAt ?? long.MaxValue, Environment.TickCount64 + (seconds * 1000));
        if (!stopping)
        {
            stopping = true;
            containers.ForEach(static container => container.Signal(container.StopSignal));
        }
    }

    private void Attach(SafeFd client, string name)
    {
        var given = containers.Find(container => container.Spec.Name == name)?.Streams.Attach() ?? [];
        Answer(client, given.Count switch { 2 => "terminal", 1 => "input", _ => "nothing" }, [.. given]);
        foreach (var descriptor in given)
        {
            descriptor.Dispose();
        }
    }

    private static void Answer(SafeFd client, string text, params ReadOnlySpan<SafeFd> descriptors)
    {
        try
        {
            UnixSocket.Send(client, Encoding.UTF8.GetBytes(text), descriptors);
        }
        catch (KernelException)
        {
            // The client has gone; the work is done all the same.
        }
    }
}
