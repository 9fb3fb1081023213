using System.CommandLine;
using Peapod.Container;
using Peapod.Container.Notify;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Processes;

namespace Peapod.Cli.Commands;

/// <summary>start, kill, delete, pause, resume: one container, one act.</summary>
internal static class LifecycleCommands
{
    internal static Command Start(GlobalOptions globals) =>
        OnContainer(globals, "start", "let a created container's process run", container =>
        {
            using var notify = NotifySocket.FromEnvironment(globals.Warn);
            using var process = notify is null ? null : container.OpenProcess();
            container.Start(notify);
            if (process is not null)
            {
                notify!.RelayUntilReady(process, container.Record.Pid);
            }
        });

    internal static Command Pause(GlobalOptions globals) =>
        OnContainer(globals, "pause", "stop all processes of a container from running", static container => container.Pause());

    internal static Command Resume(GlobalOptions globals) =>
        OnContainer(globals, "resume", "let a paused container's processes run on", static container => container.Resume());

    internal static Command Kill(GlobalOptions globals)
    {
        var id = Id();
        var signal = new Argument<string>("signal") { Description = "name or number (SIGTERM)", DefaultValueFactory = static _ => "SIGTERM" };
        var all = new Option<bool>("--all", "-a") { Description = "to every process of the container" };
        var command = new Command("kill", "send a signal to a container's process") { id, signal, all };
        command.SetAction(parsed =>
        {
            var text = parsed.GetValue(signal)!;
            if (!Signals.TryParse(text, out var number))
            {
                throw new ContainerException($"signal \"{text}\" is unknown");
            }

            var container = Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!);
            if (parsed.GetValue(all))
            {
                container.SignalAll(number);
            }
            else
            {
                container.Signal(number);
            }

            return 0;
        });
        return command;
    }

    internal static Command Delete(GlobalOptions globals)
    {
        var ids = Ids();
        var force = new Option<bool>("--force", "-f") { Description = "also one that runs: kill it first; none at all is no error" };
        var command = new Command("delete", "remove what is left of containers") { ids, force };
        command.SetAction(parsed =>
        {
            var store = globals.Store(parsed);
            var names = parsed.GetValue(ids)!;
            Array.ForEach(names, ContainerStore.CheckId);
            var failed = false;
            foreach (var name in names)
            {
                try
                {
                    Delete(store, name, parsed.GetValue(force));
                }
                catch (Exception e) when (e is ContainerException or KernelException)
                {
                    failed = true;
                    globals.Error?.Invoke(e.Message);
                }
            }

            return failed ? 1 : 0;
        });
        return command;
    }

    private static void Delete(ContainerStore store, string id, bool force)
    {
        if (force)
        {
            DeleteByForce(store, id);
        }
        else
        {
            Container.Lifecycle.Container.Open(store, id).Delete(force: false);
        }
    }

    private static void DeleteByForce(ContainerStore store, string id)
    {
        try
        {
            Container.Lifecycle.Container.Open(store, id).Delete(force: true);
        }
        catch (DamagedContainerException)
        {
            Container.Lifecycle.Container.RemoveDamaged(store, id);
        }
        catch (ContainerException) when (store.RemoveBeginnings(id))
        {
            // It is gone, which is what was asked for; what lost its folder may live on.
            Container.Lifecycle.Container.RemoveDamaged(store, id);
        }
    }

    internal static Argument<string> Id(string? description = null)
    {
        var id = new Argument<string>("container-id") { Description = description };
        id.Validators.Add(RefuseOptions);
        return id;
    }

    private static Argument<string[]> Ids()
    {
        var ids = new Argument<string[]>("container-id") { Arity = ArgumentArity.OneOrMore };
        ids.Validators.Add(RefuseOptions);
        return ids;
    }

    /// <summary>The library takes an option that it does not know for an argument.</summary>
    private static void RefuseOptions(System.CommandLine.Parsing.ArgumentResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (token.Value.StartsWith('-'))
            {
                result.AddError(token.Value);
                return;
            }
        }
    }

    private static Command OnContainer(GlobalOptions globals, string name, string description, Action<Container.Lifecycle.Container> act)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        command.SetAction(parsed =>
        {
            act(Container.Lifecycle.Container.Open(globals.Store(parsed), parsed.GetValue(id)!));
            return 0;
        });
        return command;
    }
}
