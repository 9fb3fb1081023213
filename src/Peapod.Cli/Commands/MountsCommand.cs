using System.CommandLine;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>mounts add</c> and <c>mounts remove</c>: crun's command for the mounts of a container that is there already.</summary>
internal static class MountsCommand
{
    private const string Prefix = "config.json: ";

    internal static Command Make(GlobalOptions globals)
    {
        var act = new Argument<string>("add|remove") { Description = "what is done with the mounts" };
        act.AcceptOnlyFromAmong("add", "remove");
        var id = LifecycleCommands.Id();
        var file = new Argument<string>("file") { Description = "a JSON list of mounts as config.json has them; - for standard input" };
        var command = new Command("mounts", "add mounts to a container, or take them away") { act, id, file };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            var mounts = Read(path);
            var container = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!);
            try
            {
                Change(container, mounts, parsed.GetValue(act) == "add");
                return 0;
            }
            catch (SpecException e)
            {
                throw new ContainerException($"{path}: {e.Message}", 1, e);
            }
            catch (ContainerException e) when (e.Message.StartsWith(Prefix, StringComparison.Ordinal))
            {
                throw new ContainerException($"{path}: {e.Message[Prefix.Length..]}", 1, e);
            }
        });
        return command;
    }

    private static void Change(Container.Lifecycle.Container container, IReadOnlyList<Mount> mounts, bool add)
    {
        if (add)
        {
            container.AddMounts(mounts);
        }
        else
        {
            container.RemoveMounts(mounts);
        }
    }

    private static IReadOnlyList<Mount> Read(string file)
    {
        try
        {
            var mounts = MountList.Parse(FileSystem.ReadInput(file, Spec.LargestDocument)).Mounts;
            SpecValidator.ValidateMounts(mounts);
            return mounts;
        }
        catch (KernelException e)
        {
            throw new ContainerException($"cannot read \"{file}\": {InputFailure.Reason(e)}", 1, e);
        }
        catch (SpecException e)
        {
            throw new ContainerException($"{file}: {e.Message}", 1, e);
        }
    }
}
