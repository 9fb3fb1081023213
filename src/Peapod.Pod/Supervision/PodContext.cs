using System.Net;
using Microsoft.Extensions.Logging;
using Peapod.Image;
using Peapod.Pod.Containers;
using Peapod.Pod.Events;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Runtimes;
using Peapod.Pod.Volumes;
using Peapod.Shim;
using Peapod.Shim.Keeping;

namespace Peapod.Pod.Supervision;

/// <summary>What the containers of a pod have in common.</summary>
internal sealed class PodContext(PodFolders folders, PodManifest pod, Keeper keeper, ILogger log)
{
    internal PodFolders Folders { get; } = folders;

    /// <summary>The manifest; another one after a reload.</summary>
    internal PodManifest Pod { get; set; } = pod;

    /// <summary>What is told whoever watches the supervisor (--log-level).</summary>
    internal ILogger Log => Events.Log;

    internal EventLog Events { get; } = new(folders, log);

    internal ImageStore Images { get; } = new(folders.Host.DataRoot);

    internal PodVolumes Volumes { get; } = new(pod, folders);

    /// <summary>Makes and watches the sandbox and the containers.</summary>
    internal ShimContext Shim { get; } = new(folders, RuntimeChoice.Open(pod, folders), keeper, log, PodFailure.Is);

    /// <summary>Null without a sandbox.</summary>
    internal ContainerDescriber? Describer { get; set; }

    /// <summary>The pod's addresses, IPv4 first; its probes are sent to the first.</summary>
    internal IReadOnlyList<IPAddress> Addresses { get; set; } = [];

    /// <summary>The pod is being stopped: nothing is started again.</summary>
    internal bool Stopping { get; set; }

    /// <summary>Whether the command that makes the pod still waits, and is told that a container could not start; what may yet come is only waited for.</summary>
    internal Predicate<Exception> TellsFailures { get; set; } = static _ => false;

    /// <summary>As the kubelet names it in its messages: <c>web_default(uid)</c>.</summary>
    internal string PodName => $"{Pod.Metadata.Name}_{Pod.Metadata.Namespace}({Pod.Metadata.Uid})";
}
