using System.Text.Json.Nodes;
using Peapod.Container.Cgroups;
using Peapod.Image;
using Peapod.Oci;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Pod.Supervision;
using Peapod.Pod.Volumes;

namespace Peapod.Pod.Cli.Planning;

/// <summary>What <c>pod apply</c> of a pod would do on this host, as a tree that is printed as YAML or JSON. Nothing is done.</summary>
internal sealed class PodPlan(PodHost host, PodManifest pod, ManifestPlace place)
{
    private readonly PodFolders folders = host.FoldersOf(pod.Metadata.Namespace!, pod.Metadata.Name);
    private readonly string[] controllers = PodCgroup.Controllers(CgroupHierarchy.Find());
    private readonly List<string> problems = [];

    internal JsonObject ToJson(PodDecisions decisions)
    {
        var plan = new JsonObject { ["pod"] = $"{pod.Metadata.Namespace}/{pod.Metadata.Name}" };
        if (ManifestFile.TryRead(folders) is { } live)
        {
            AddChanges(plan, live);
        }
        else
        {
            plan["action"] = "create";
            Try(() => PodStart.Check(host, pod, decisions));
        }

        var kubelet = new KubeletResources(controllers);
        plan["qosClass"] = $"{QosClass.Of(pod)}";
        plan["cgroup"] = Cgroup("", kubelet.Of(pod), field => LimitField.Of(pod.Spec, field));
        plan["network"] = Network();
        if (pod.Spec.Volumes.Count > 0)
        {
            plan["volumes"] = new JsonArray([.. pod.Spec.Volumes.Select(Volume)]);
        }

        if (pod.Spec.InitContainers.Count > 0)
        {
            plan["initContainers"] = new JsonArray([.. pod.Spec.InitContainers.Select(container => Container(container, kubelet))]);
        }

        plan["containers"] = new JsonArray([.. pod.Spec.Containers.Select(container => Container(container, kubelet))]);
        if (IgnoredFields.Of(place) is { Count: > 0 } ignored)
        {
            plan["ignored"] = new JsonArray([.. ignored.Select(one => new JsonObject { ["field"] = one.Field, ["at"] = place.Find(one.Field), ["why"] = one.Why })]);
        }

        if (problems.Count > 0)
        {
            plan["problems"] = Texts(problems);
        }

        return plan;
    }

    /// <summary>Beside a pod of that name: what would change while it runs, what would restart, what cannot change.</summary>
    private void AddChanges(JsonObject plan, PodManifest live)
    {
        var update = PodUpdate.Of(live, pod);
        var ended = StatusFile.TryRead(folders) is { Phase: PodPhase.Succeeded or PodPhase.Failed };
        plan["action"] = !update.IsChange ? (PodLeftOvers.ComesBack(folders) ? "start again" : "nothing")
            : update.Refused.Count > 0 ? "refuse, or replace the pod with --force"
            : ended ? "change the manifest of a pod that has ended" : "change in place";
        var changes = PodUpdate.Differences(live, update.Next);
        if (changes.Count > 0)
        {
            plan["changes"] = Texts(changes);
        }

        var before = live.Spec.InitContainers.Concat(live.Spec.Containers).ToDictionary(static container => container.Name);
        var restarts = pod.Spec.InitContainers.Concat(pod.Spec.Containers)
            .Where(container => before.TryGetValue(container.Name, out var known) && (known.Image != container.Image || Resize.NeedsRestart(known.Resources, container)))
            .Select(static container => container.Name).ToList();
        if (restarts.Count > 0 && update.Refused.Count == 0 && !ended)
        {
            plan["restarts"] = Texts(restarts);
        }

        if (update.Refused.Count > 0)
        {
            plan["cannotChange"] = Texts(update.Refused);
        }
    }

    private JsonObject Cgroup(string below, LinuxResources resources, Func<string, string> fieldOf)
    {
        var cgroup = new JsonObject { ["path"] = PodCgroup.Of(pod, folders) + below };
        var files = new JsonObject();
        foreach (var setting in CgroupSettings.Compile(resources))
        {
            files[setting.File] = setting.Value;
            if (Array.IndexOf(controllers, setting.Controller) < 0)
            {
                problems.Add(place.Tell($"{fieldOf(setting.Field)}: the {setting.Controller} controller is not available on this host: \"peapod doctor\" says why"));
            }
        }

        if (files.Count > 0)
        {
            cgroup["files"] = files;
        }

        return cgroup;
    }

    private JsonObject Network()
    {
        if (pod.Spec.HostNetwork)
        {
            return new JsonObject { ["namespace"] = "the host's" };
        }

        var configuration = host.ReadNetwork();
        var addresses = StatusFile.TryRead(folders)?.Addresses.Select(static address => address.Address).ToList() ?? [];
        var network = new JsonObject
        {
            ["bridge"] = configuration.Bridge,
            ["addresses"] = addresses.Count > 0 ? Texts(addresses) : Texts(((string?[])[$"one of {configuration.IPv4Subnet}", configuration.IPv6Subnet is { } subnet ? $"one of {subnet}" : null]).OfType<string>()),
        };
        if (PodSandbox.Ports(pod) is { Count: > 0 } ports)
        {
            network["hostPorts"] = Texts(ports.Select(static port => $"{(port.HostAddress is { } address ? $"{address} " : "")}{port.HostPort}/{port.Protocol.ToString().ToLowerInvariant()} leads to {port.PodPort}"));
        }

        return network;
    }

    private JsonObject Volume(Volume volume)
    {
        var planned = new JsonObject { ["name"] = volume.Name };
        (planned["kind"], planned["source"]) = volume switch
        {
            { HostPath: { } path } => ("hostPath", path.Path),
            { PersistentVolumeClaim: { } claim } => ("persistentVolumeClaim", ClaimFolder.PathOf(host, pod.Metadata.Namespace!, claim.ClaimName)),
            { EmptyDir: { } empty } => ("emptyDir", empty.Medium == StorageMedium.Default ? folders.VolumeOf(volume.Name) : $"in memory{(empty.SizeLimit is { } limit ? $", at most {limit}" : "")}"),
            { Image: { } image } => ("image", image.Reference),
            { ConfigMap: { } map } => ("configMap", map.Name),
            { Secret: { } secret } => ("secret", secret.SecretName),
            { Ephemeral: not null } => ("ephemeral", folders.VolumeOf(volume.Name)),
            { Projected: not null } => ("projected", folders.VolumeOf(volume.Name)),
            _ => ("downwardAPI", folders.VolumeOf(volume.Name)),
        };
        return planned;
    }

    private JsonObject Container(ContainerSpec container, KubeletResources kubelet)
    {
        var planned = new JsonObject
        {
            ["name"] = container.Name,
            ["image"] = container.Image,
            ["imageIsHere"] = IsHere(container.Image),
            ["cgroup"] = Cgroup($"/{container.Name}", kubelet.Of(container), field => LimitField.Of(pod.Spec, container, field)),
        };
        if (container.VolumeMounts.Count > 0)
        {
            planned["mounts"] = Texts(container.VolumeMounts.Select(static mount =>
                $"{mount.MountPath} from {mount.Name}{(mount.SubPath is { Length: > 0 } inner ? $"/{inner}" : "")}{(mount.ReadOnly ? ", read-only" : "")}"));
        }

        return planned;
    }

    private bool IsHere(string image)
    {
        try
        {
            new ImageStore(host.DataRoot).Resolve(image);
            return true;
        }
        catch (ImageNotFoundException)
        {
            return false;
        }
    }

    private void Try(Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            problems.Add(place.Tell(e.Message));
        }
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(static text => (JsonNode)text)]);
}
