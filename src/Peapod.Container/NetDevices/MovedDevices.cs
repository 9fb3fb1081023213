using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Container.NetDevices;

/// <summary>The network devices that a creation has moved into its container, and the way back for them while it can still fail.</summary>
internal sealed class MovedDevices : IDisposable
{
    private readonly List<NetDevice> devices = [];
    private SafeFd? origin;
    private SafeFd? there;

    /// <param name="pid">The process whose network namespace they go into.</param>
    /// <param name="wanted">By the name in the runtime's network namespace.</param>
    /// <exception cref="ContainerException">One cannot be moved; the message begins with its field.</exception>
    internal void Move(int pid, IReadOnlyDictionary<string, LinuxNetDevice> wanted)
    {
        origin = FileSystem.Open("/proc/thread-self/ns/net", Libc.O_RDONLY);
        there = FileSystem.Open($"/proc/{pid}/ns/net", Libc.O_RDONLY);
        foreach (var (name, device) in wanted)
        {
            var field = $"linux.netDevices[\"{name}\"]";
            try
            {
                var moved = NetDevice.Look(name, string.IsNullOrEmpty(device.Name) ? name : device.Name, there, field);
                devices.Add(moved);
                moved.Move(there);
            }
            catch (KernelException e)
            {
                throw new ContainerException($"{Failures.Prefix(field)}cannot move the network device into the container: {e.Message}", 1, e);
            }
        }
    }

    /// <summary>Those that were moved go back, last first, as they were; the process may have ended by now.</summary>
    internal void Return()
    {
        for (var i = devices.Count - 1; i >= 0; i--)
        {
            devices[i].Return(origin!, there!);
        }
    }

    public void Dispose()
    {
        origin?.Dispose();
        there?.Dispose();
    }
}
