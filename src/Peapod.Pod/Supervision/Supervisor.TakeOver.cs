using System.Net;
using Peapod.Shim.Streams;

namespace Peapod.Pod.Supervision;

/// <content>Going on where a supervisor that was killed left off.</content>
public sealed partial class Supervisor
{
    /// <summary>Goes on where a supervisor that was killed left off.</summary>
    private void TakeOver()
    {
        wasInitialized = status.Conditions.Any(static condition => condition is { Type: "Initialized", Status: "True" });
        var hasSandbox = sandbox.TakeOver([.. status.Addresses.Select(static address => IPAddress.Parse(address.Address))]);
        AdoptContainers();

        // Without an address it never had one: it still waits for its volumes.
        hasVolumes = status.Addresses.Count > 0;
        if (!hasSandbox && hasVolumes)
        {
            LoseSandbox();
        }
        else
        {
            // Nobody told the pod of changes while it had no supervisor.
            UpdateVolumes();
        }

        ResumeWishes();
    }

    private void AdoptContainers()
    {
        var kept = context.Shim.Keeper.Fetch();
        containers.ForEach(container => container.Adopt(kept));
        ForgetStrangers();
        foreach (var (name, descriptor) in kept)
        {
            // The logs' pipes stay kept; what else is left belonged to runs that are over.
            if (!ContainerStreams.IsOfLog(name))
            {
                context.Shim.Keeper.Drop(name);
            }

            descriptor.Dispose();
        }
    }

    /// <summary>Processes that the keeper tells of and that are no container's: what had lived in one, mostly.</summary>
    private void ForgetStrangers() =>
        context.Shim.Keeper.ForgetOthers(pid => context.Shim.UnwrittenAdopted.Contains(pid) || containers.Exists(container => container.Shim.Adopted == pid));
}
