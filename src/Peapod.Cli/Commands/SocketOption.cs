using System.CommandLine;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Sockets;

namespace Peapod.Cli.Commands;

/// <summary>--console-socket and --pidfd-socket of create, run and exec.</summary>
internal static class SocketOption
{
    /// <returns>Null when there is no path.</returns>
    internal static SafeFd? Connect(Option<string?> option, ParseResult parsed)
    {
        var path = parsed.GetValue(option);
        try
        {
            return string.IsNullOrEmpty(path) ? null : UnixSocket.Connect(path);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{option.Name}: cannot connect to \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
        }
    }
}
