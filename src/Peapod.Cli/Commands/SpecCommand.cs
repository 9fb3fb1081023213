using System.CommandLine;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>spec</c>: a configuration to start from.</summary>
internal static class SpecCommand
{
    internal static Command Make()
    {
        var bundle = new Option<string>("--bundle", "-b") { Description = "folder to write config.json into (the current one)", DefaultValueFactory = static _ => "." };
        var rootless = new Option<bool>("--rootless") { Description = "for a user without privileges: with a user namespace of that user's" };
        var command = new Command("spec", "write a config.json to start from") { bundle, rootless };
        command.SetAction(parsed =>
        {
            var path = $"{Path.GetFullPath(parsed.GetValue(bundle)!)}/config.json";
            try
            {
                using var file = FileSystem.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x1b6);
                FileSystem.Write(file, [.. DefaultSpec.Create(parsed.GetValue(rootless), Libc.geteuid(), Libc.getegid()).ToJson(indented: true), (byte)'\n'], path);
            }
            catch (KernelException e)
            {
                throw new ContainerException(e.Error == Errno.EEXIST
                    ? $"\"{path}\" exists already\n  remove it first, if it may go"
                    : $"--bundle: cannot write \"{path}\": {KernelException.Describe(e.Error)}", 1, e);
            }

            return 0;
        });
        return command;
    }
}
