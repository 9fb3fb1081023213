using System.CommandLine;
using Peapod.Cli;
using Peapod.Pod.Layout;

namespace Peapod.ManPages;

/// <summary>What pages say beyond the commands' help: exit statuses, files, other pages, and what a command does where its help has one line. By the page's name.</summary>
internal static class PageNotes
{
    private static readonly (string, string) Success = ("0", "The command has succeeded.");
    private static readonly (string, string) Failure = ("1", "The command has failed; a sentence on standard error says why.");

    /// <summary>Words of descriptions that the user types as they are: they keep their small letter.</summary>
    internal static readonly IReadOnlySet<string> Literals = new HashSet<string> { "bash", "cgroupfs", "client", "criu", "kubectl", "name", "network", "soft", "systemd", "table", "text", "wide" };

    /// <summary>runc's global options stand before the OCI commands; the commands of pods and images have options of their own.</summary>
    internal static bool TakesGlobalOptions(IReadOnlyList<Command> path) => path[1].Name is not ("pod" or "image" or "completion");

    internal static IReadOnlyList<string> Description(string page) => page switch
    {
        "peapod" =>
        [
            "Peapod is a low-level container runtime for Linux with cgroup v2. It runs as root and has no daemon. Its OCI commands have the flags, formats and exit statuses of runc; their containers are bundles of the OCI Runtime Specification: a folder with config.json and a root file system.",
            "peapod pod runs Kubernetes pods from manifests or images, and peapod image keeps the images that pods run.",
        ],
        "peapod-create" => ["All of the container is made, and its process waits. peapod start lets it run; peapod delete removes the container when the process has ended."],
        "peapod-start" => ["The container was made by peapod create. The command returns when the process has executed its program."],
        "peapod-run" => ["This is create and start in one. Without --detach the command stays in the foreground, passes signals on to the process, ends with its exit status and deletes the container."],
        "peapod-delete" => ["The container's process must have ended, unless --force is given, which kills it."],
        "peapod-exec" => ["The process joins the container's namespaces and cgroup, and has the container's capabilities, labels and seccomp filter unless flags say otherwise."],
        "peapod-kill" => ["Without a signal, SIGTERM is sent."],
        "peapod-pause" => ["The container's cgroup is frozen, with every process in it, until peapod resume."],
        "peapod-state" => ["The JSON is the state of the OCI Runtime Specification: ociVersion, id, status, pid, bundle, annotations, and what runc adds to it."],
        "peapod-update" => ["The limits are those of the container's cgroup. When one of them is refused, those that were changed before it are set back."],
        "peapod-checkpoint" or "peapod-restore" => ["The work is done by criu, version 3.16 or newer, which must be installed on the host."],
        "peapod-plan" => ["Neither root nor the bundle's root file system is needed. With --diff, two bundles are compared."],
        "peapod-gc" => ["Containers that run, and those that wait for start or delete, are left alone. peapod-gc.service runs this command and peapod pod gc; peapod-gc.timer does so after boot and once a day."],
        "peapod-pod-gc" => ["Pods that run get a supervisor again where theirs was killed. peapod-gc.service runs this command and peapod gc; peapod-gc.timer does so after boot and once a day."],
        _ => [],
    };

    internal static IReadOnlyList<(string Status, string Meaning)> ExitStatus(string page) => page switch
    {
        "peapod" => [Success, Failure, ("3", "There is no such command.")],
        "peapod-create" => [Success, Failure, NotExecutable, NotFound],
        "peapod-run" or "peapod-restore" => [OfProcess("container's process, unless --detach is given"), Failure, NotExecutable, NotFound],
        "peapod-exec" => [OfProcess("process, unless --detach is given"), ("255", "Nothing was executed; a sentence on standard error says why.")],
        "peapod-plan" => [Success, ("1", "The plan cannot be made or, with --diff, the two plans are not the same.")],
        "peapod-doctor" => [("0", "Containers can run on this host."), ("1", "No container can run on it.")],
        "peapod-pod-run" => [("0", "The pods have been made."), OfProcess("container, when the command waits for it (--rm, -i, -t)"), Failure, NotExecutable, NotFound],
        "peapod-pod-exec" => [OfProcess("process"), Failure, NotExecutable, NotFound],
        "peapod-pod-attach" or "peapod-pod-debug" => [OfProcess("container, when it ends while the command is attached"), Failure],
        _ => [Success, Failure],
    };

    internal static IReadOnlyList<(string File, string Meaning)> Files(string page)
    {
        (string, string) containers = (GlobalOptions.DefaultRoot, "State of the containers, unless --root names another folder.");
        (string, string) data = (PodHost.DefaultDataRoot, "Images, volumes and logs, unless --data-root names another folder.");
        return page switch
        {
            "peapod" => [containers, (PodHost.DefaultRunRoot, "State of the running pods."), data],
            _ when page == "peapod-pod" || page.StartsWith("peapod-pod-", StringComparison.Ordinal) =>
            [
                (PodHost.DefaultRunRoot, "State of the running pods, unless --run-root names another folder."), data,
                (PodHost.DefaultNetworkFile, "The pods' bridge and subnets. Without this file there are defaults."),
                (RuntimesFile.DefaultPath, "Other OCI runtimes, by the handlers that RuntimeClasses name."),
                ("/etc/peapod/seccomp", "Seccomp profiles of type Localhost."),
            ],
            "peapod-image-pull" or "peapod-image-push" =>
            [
                data, ("/etc/containers/registries.conf", "Registries, their mirrors and short names."),
                ("/etc/containers/certs.d, /etc/docker/certs.d, /etc/containerd/certs.d", "Certificates and hosts of registries."),
            ],
            _ when page == "peapod-image" || page.StartsWith("peapod-image-", StringComparison.Ordinal) => [data],
            "peapod-completion" or "peapod-spec" or "peapod-features" => [],
            "peapod-exec" or "peapod-create" or "peapod-run" => [containers, ("config.json", "In the bundle: the container's configuration by the OCI Runtime Specification.")],
            _ => [containers],
        };
    }

    internal static IReadOnlyList<(string Name, int Section)> SeeAlso(string page) => page switch
    {
        "peapod" => [("runc", 8), ("crun", 1), ("cgroups", 7), ("namespaces", 7)],
        "peapod-create" => [("peapod-start", 1), ("peapod-delete", 1), ("peapod-spec", 1)],
        "peapod-start" or "peapod-delete" => [("peapod-create", 1)],
        "peapod-run" => [("peapod-create", 1), ("peapod-plan", 1), ("peapod-spec", 1)],
        "peapod-pause" => [("peapod-resume", 1)],
        "peapod-resume" => [("peapod-pause", 1)],
        "peapod-kill" => [("signal", 7)],
        "peapod-exec" => [("capabilities", 7), ("setns", 2)],
        "peapod-update" or "peapod-events" => [("cgroups", 7)],
        "peapod-ps" => [("ps", 1)],
        "peapod-checkpoint" => [("peapod-restore", 1), ("criu", 8)],
        "peapod-restore" => [("peapod-checkpoint", 1), ("criu", 8)],
        "peapod-gc" => [("peapod-pod-gc", 1)],
        "peapod-pod-gc" => [("peapod-gc", 1)],
        "peapod-pod-generate-systemd" => [("systemd.service", 5)],
        "peapod-image" => [("containers-registries.conf", 5)],
        _ => [],
    };

    private static (string, string) NotExecutable => ("126", "The program must not be executed.");

    private static (string, string) NotFound => ("127", "There is no such program in the container.");

    private static (string, string) OfProcess(string whose) => ("N", $"The exit status of the {whose}; 128 and the signal's number when a signal has ended it.");
}
