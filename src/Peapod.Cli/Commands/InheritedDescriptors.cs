using System.Globalization;
using Peapod.Container;
using Peapod.Kernel.Interop;

namespace Peapod.Cli.Commands;

/// <summary>--preserve-fds and LISTEN_FDS: what the caller passes must be there, or something of ours would be passed in its place.</summary>
internal static class InheritedDescriptors
{
    /// <summary>How many sockets are passed to this very process from descriptor 3 on. sd_listen_fds(3).</summary>
    internal static int Listening()
    {
        if (Environment.GetEnvironmentVariable("LISTEN_FDS") is not { Length: > 0 } text
            || Environment.GetEnvironmentVariable("LISTEN_PID") != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            return 0;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            throw new ContainerException($"LISTEN_FDS: \"{text}\" is no number of descriptors");
        }

        CheckPassed(3, count, $"LISTEN_FDS={count}");
        return count;
    }

    /// <param name="count">The value of --preserve-fds.</param>
    /// <param name="listening">How many descriptors come before them.</param>
    internal static int Check(int count, int listening = 0)
    {
        if (count < 0)
        {
            throw new ContainerException($"--preserve-fds: {count} is no number of descriptors");
        }

        CheckPassed(3 + listening, count, $"--preserve-fds {count}");
        return count;
    }

    private static void CheckPassed(int first, int count, string given)
    {
        for (var fd = first; fd - first < count; fd++)
        {
            var flags = Libc.fcntl(fd, Libc.F_GETFD, 0);
            if (flags < 0 || (flags & Libc.FD_CLOEXEC) != 0)
            {
                throw new ContainerException($"{given}: descriptor {fd} was not passed to this command");
            }
        }
    }
}
