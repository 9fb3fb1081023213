using Peapod.Kernel;
using Peapod.Kernel.Processes;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Control;
using Peapod.Pod.Supervision.Life;
using Peapod.Shim.Control;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>What commands ask of it.</content>
public sealed partial class Supervisor
{
    private void Serve(ReadOnlySpan<byte> message, SafeFd client)
    {
        var request = ControlRequest.Parse(message);
        switch (request.Do)
        {
            case "stop":
                waitingForStop.Add(client);
                Stop(request);
                return;
            case "attach":
                Attach(client, request);
                return;
            case "kill":
                Each(request, container => container.Signal(request.Signal ?? Signals.SIGKILL));
                break;
            case "restart":
                Each(request, container => Restart(container, GraceOf(request)));
                break;
            case "reload":
                Reload();
                break;
            default:
                throw new PodException($"unknown request \"{request.Do}\"");
        }

        ControlSocket.Answer(client, new());
    }

    /// <summary>Seconds.</summary>
    private long GraceOf(ControlRequest request) => Math.Clamp(request.Grace ?? Grace, 0, int.MaxValue);

    private void Stop(ControlRequest request)
    {
        var grace = 1000 * GraceOf(request);
        Wish(wishes with
        {
            StopBy = Math.Min(wishes.StopBy ?? long.MaxValue, MonotonicClock.Now + grace),
            StopAtOnce = wishes.StopAtOnce || grace == 0,
            Remove = wishes.Remove || request.Remove,
        });
        StopWithin(grace);
    }

    /// <summary>Does something to the container that is meant, or to all that have a part in it.</summary>
    private void Each(ControlRequest request, Predicate<PodContainer> act)
    {
        if (request.Container is not { } name)
        {
            containers.ForEach(container => act(container));
            return;
        }

        var meant = containers.Find(container => container.Spec.Name == name) ?? throw new PodException($"container \"{name}\" is not in pod \"{Pod.Metadata.Name}\"");
        if (!act(meant))
        {
            throw new PodException($"container \"{name}\" is not running");
        }
    }

    /// <summary>An init container that has done its work, and one that was added to look, are not restarted.</summary>
    private bool Restart(PodContainer container, long graceSeconds)
    {
        if (container.Role is not (ContainerRole.Main or ContainerRole.Sidecar) || container.Facts.Run == RunState.New)
        {
            return false;
        }

        var wish = new RestartWish { Container = container.Spec.Name, Run = container.Status.RestartCount, By = MonotonicClock.Now + (1000 * graceSeconds) };
        Wish(wishes with { Restarts = [.. wishes.Restarts.Where(known => known.Container != wish.Container), wish] });
        container.Restart(1000 * graceSeconds);
        return true;
    }

    private void Attach(SafeFd client, ControlRequest request)
    {
        var given = containers.Find(container => container.Spec.Name == request.Container && container.IsRunning)?.Shim.Streams.Attach() ?? [];
        ControlSocket.Answer(client, new() { Gives = given.Count switch { 2 => "terminal", 1 => "input", _ => "nothing" } }, [.. given]);
        foreach (var descriptor in given)
        {
            descriptor.Dispose();
        }
    }

    /// <summary>Takes over what has changed in the manifest: labels and annotations, images, resources, the deadline, ephemeral containers that were added.</summary>
    private void Reload()
    {
        context.Pod = ManifestFile.Read(folders);
        unkept = true;
        TakeLimits();
        sandbox.Reload();
        UpdateVolumes();

        foreach (var spec in Pod.Spec.EphemeralContainers)
        {
            if (!containers.Exists(container => container.Spec.Name == spec.Name))
            {
                Add(spec, ContainerRole.Ephemeral, []);
            }
        }

        foreach (var container in containers)
        {
            var spec = Find(Pod.Spec.Containers, container.Spec.Name) ?? Find(Pod.Spec.InitContainers, container.Spec.Name);
            if (spec is not null)
            {
                container.Change(spec);
            }
        }
    }

    private static ContainerSpec? Find(IReadOnlyList<ContainerSpec> specs, string name)
    {
        foreach (var spec in specs)
        {
            if (spec.Name == name)
            {
                return spec;
            }
        }

        return null;
    }
}
