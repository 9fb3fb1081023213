using System.Globalization;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Container.Spawning;

/// <summary>linux.timeOffsets: what the clocks of a new time namespace differ by from the host's. time_namespaces(7).</summary>
internal static class TimeOffsets
{
    /// <param name="pid">A process that has made a time namespace for its children, which none has entered yet.</param>
    /// <param name="offsets">By the clock's name.</param>
    /// <exception cref="ContainerException">The kernel refused one; the message begins with its field.</exception>
    internal static void Set(int pid, IReadOnlyDictionary<string, LinuxTimeOffset> offsets)
    {
        foreach (var (clock, offset) in offsets)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"{clock} {offset.Secs} {offset.Nanosecs}");
            try
            {
                FileSystem.WriteExisting($"/proc/{pid}/timens_offsets", line + "\n");
            }
            catch (KernelException e)
            {
                var hint = e.Error == Errno.ERANGE ? "\n  with this offset the clock would stand before its zero, or more than 146 years after it" : "";
                throw new ContainerException(
                    $"{Failures.Prefix($"linux.timeOffsets.{clock}")}cannot set the clock off by {offset.Secs} s and {offset.Nanosecs} ns: {KernelException.Describe(e.Error)}{hint}", 1, e);
            }
        }
    }
}
