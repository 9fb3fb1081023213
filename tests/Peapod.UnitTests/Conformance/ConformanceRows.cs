using System.Reflection;
using Peapod.Oci;
using Peapod.Oci.Json;

namespace Peapod.UnitTests.Conformance;

/// <summary>What a drop-in has to do: runc's commands and flags by name, and every field of config.json by its path.</summary>
internal static class ConformanceRows
{
    private static readonly string[] Commands =
    [
        "--debug --log --log-format --root --systemd-cgroup --rootless --cgroup-manager --help --version",
        "create --bundle --config --console-socket --pid-file --no-pivot --no-new-keyring --preserve-fds --pidfd-socket",
        "run --bundle --config --console-socket --pid-file --no-pivot --no-new-keyring --preserve-fds --pidfd-socket --detach --no-subreaper --keep",
        "start", "state", "delete --force", "kill --all", "pause", "resume",
        "exec --console-socket --cwd --env --tty --user --additional-gids --process --detach --pid-file --process-label --apparmor --no-new-privs --cap --preserve-fds --ignore-paused --cgroup --pidfd-socket",
        "ps --format", "list --format --quiet", "events --interval --stats",
        "update --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema",
        "spec --bundle --rootless", "features",
        "checkpoint --image-path --work-path --parent-path --leave-running --tcp-established --tcp-skip-in-flight --link-remap --ext-unix-sk --shell-job --lazy-pages --status-fd --page-server --file-locks --pre-dump --manage-cgroups-mode --empty-ns --auto-dedup",
        "restore --image-path --work-path --console-socket --bundle --detach --pid-file --no-subreaper --no-pivot --lsm-profile --lsm-mount-context",
        "mounts add remove", "plan --bundle --format --diff", "doctor", "gc",
    ];

    /// <summary>"run", "run --detach", and for the flags before a command "--root".</summary>
    internal static IEnumerable<string> OfCommands()
    {
        foreach (var line in Commands)
        {
            var words = line.Split(' ');
            var global = words[0].StartsWith("--", StringComparison.Ordinal);
            foreach (var word in words)
            {
                yield return global || word == words[0] ? word : $"{words[0]} {word}";
            }
        }
    }

    /// <summary>The fields that hold a value, in the records' order; the elements of lists and maps go without brackets.</summary>
    internal static IEnumerable<string> OfFields() => Fields(typeof(Spec), "");

    private static IEnumerable<string> Fields(Type record, string path)
    {
        foreach (var property in record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.SetMethod is not null))
        {
            var name = $"{path}{char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}";
            var type = property.PropertyType.IsGenericType ? property.PropertyType.GetGenericArguments()[^1] : property.PropertyType;
            if (type.GetCustomAttribute<JsonRecordAttribute>() is null)
            {
                yield return name;
                continue;
            }

            foreach (var inner in Fields(type, name + "."))
            {
                yield return inner;
            }
        }
    }
}
