using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Sockets;

namespace Peapod.Cli.Commands;

/// <summary>--console-socket of create, run and exec.</summary>
internal static class ConsoleSocketOption
{
    internal static SafeFd? Connect(string? path)
    {
        try
        {
            return path is null ? null : UnixSocket.Connect(path);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"--console-socket: cannot connect to \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }
}
