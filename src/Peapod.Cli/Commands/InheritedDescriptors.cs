using Peapod.Container;
using Peapod.Kernel.Interop;

namespace Peapod.Cli.Commands;

/// <summary>--preserve-fds: what the caller passes must be there, or something of ours would be passed in its place.</summary>
internal static class InheritedDescriptors
{
    internal static int Check(int count)
    {
        if (count < 0)
        {
            throw new ContainerException($"--preserve-fds: {count} is no number of descriptors");
        }

        for (var fd = 3; fd < 3 + count; fd++)
        {
            var flags = Libc.fcntl(fd, Libc.F_GETFD, 0);
            if (flags < 0 || (flags & Libc.FD_CLOEXEC) != 0)
            {
                throw new ContainerException($"--preserve-fds {count}: descriptor {fd} was not passed to this command");
            }
        }

        return count;
    }
}
