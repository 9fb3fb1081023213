using System.Security.Cryptography;
using System.Text;
using Peapod.HostTests.Harness;
using Xunit.Abstractions;

namespace Peapod.HostTests.Security;

/// <summary>
/// Containers are created and entered while another process exchanges the components of their paths as fast as it can, and a tree on the
/// host is what a wrong step would touch. PEAPOD_RACES=10000 for the long form; what counts is said in the test's output.
/// </summary>
public sealed class RaceTests(ITestOutputHelper output)
{
    /// <summary>Fewer containers than that having run, nothing is proved: there are more attempts.</summary>
    private const int Few = 3;

    private static int Attempts => int.TryParse(Environment.GetEnvironmentVariable("PEAPOD_RACES"), out var races) ? races : 100;

    /// <summary>In a volume that both write to: the parent of the targets of twenty mounts.</summary>
    [Fact]
    public void A_component_of_a_mounts_target_that_is_exchanged_with_a_symlink_leads_nowhere()
    {
        using var bundle = new Bundle("sh", "-c", "cat /proc/self/mountinfo");
        var volume = Folder(bundle, "volume");
        Directory.CreateDirectory($"{volume}/a/b");
        for (var i = 0; i < 10; i++)
        {
            bundle.Mount("tmpfs", $"/volume/a/b/new{i}", "tmpfs", "size=4k");
            bundle.Mount(Folder(bundle, "source"), $"/volume/a/made{i}/x", "bind", "bind");
        }

        // The volume comes before what is mounted in it.
        bundle.Edit(config => config["mounts"]!.AsArray().Insert(7, System.Text.Json.Nodes.JsonNode.Parse($$"""{"destination": "/volume", "type": "bind", "source": "{{volume}}", "options": ["rbind", "rw"]}""")));
        Race(bundle, volume, "a", ["up", "absolute", "magic", "proc"]);
    }

    /// <summary>Of a root file system that two containers share: where the kernel's file systems and devices go.</summary>
    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    [InlineData("dev")]
    public void A_place_of_the_kernels_files_that_is_exchanged_is_never_left_open(string place)
    {
        // A mount goes where its mount point goes when somebody renames that on the host, and its masks go with it.
        using var bundle = new Bundle("sh", "-c", """
            for place in /proc /up /absolute /magic /empty; do
              [ ! -e $place/self/mountinfo ] || { cat $place/self/mountinfo; wc -c <$place/keys; (echo x >$place/sys/kernel/core_pattern) && echo ESCAPED; } 2>/dev/null
            done
            """);
        bundle.Set("root.readonly", "false");
        Race(bundle, bundle.PathInRootfs("/"), place, ["up", "absolute", "magic", "empty"]);
    }

    [Fact]
    public void A_working_directory_that_is_exchanged_is_made_and_entered_in_the_container()
    {
        using var bundle = new Bundle("sh", "-c", "cat /proc/self/mountinfo; pwd | grep ^/ || echo ESCAPED");
        bundle.Set("root.readonly", "false").Set("process.cwd", "\"/srv/a/b/c\"");
        Directory.CreateDirectory(bundle.PathInRootfs("srv/a"));
        Race(bundle, bundle.PathInRootfs("srv"), "a", ["up", "absolute", "magic", "empty"]);
    }

    [Fact]
    public void A_working_directory_of_exec_that_is_exchanged_stays_in_the_container()
    {
        using var bundle = new Bundle("sleep", "3600");
        bundle.Set("root.readonly", "false");
        var folder = bundle.PathInRootfs("srv");
        Directory.CreateDirectory($"{folder}/a/b");
        Decoys(bundle, folder, ["up", "absolute", "magic"]);
        bundle.RunDetached();
        using var canary = new Canary(bundle);
        using var racer = Attacker.Exchange(folder, "a", "up", "absolute", "magic");
        try
        {
            var (escapes, refused) = (0, 0);
            for (var i = 0; i < Attempts; i++)
            {
                var result = bundle.Exec("--cwd", "/srv/a/b", bundle.Id, "sh", "-c", "pwd; ls");
                refused += result.ExitCode == 0 ? 0 : 1;
                escapes += result.Output.Contains("canary", StringComparison.Ordinal) ? 1 : 0;
            }

            output.WriteLine($"{Attempts} attempts, {Attempts - refused} of them entered, {escapes} escapes");
            Assert.Equal(0, escapes);
        }
        finally
        {
            racer.Kill();
            racer.WaitForExit();
        }

        canary.AssertUntouched();
    }

    private void Race(Bundle bundle, string folder, string name, string[] decoys)
    {
        Decoys(bundle, folder, decoys);
        using var canary = new Canary(bundle);
        var mounts = File.ReadAllText("/proc/self/mountinfo");
        var masks = MasksOf(bundle.RunOutput());
        var (attempts, ran, escapes) = (0, 0, new List<string>());
        using var racer = Attacker.Exchange(folder, name, decoys);
        try
        {
            for (attempts = 0; attempts < Attempts || (ran < Few && attempts < 50 * Attempts); attempts++)
            {
                var result = bundle.Run();
                if (result.ExitCode == 0 || result.Output.Length > 0)
                {
                    ran++;
                    if (Escaped(result.Output, masks) is { } why)
                    {
                        escapes.Add($"{why}\n{result.Output}");
                    }
                }

                bundle.Peapod("delete", "--force", bundle.Id);
            }
        }
        finally
        {
            racer.Kill();
            racer.WaitForExit();
        }

        output.WriteLine($"{attempts} attempts, {ran} of them ran, {escapes.Count} escapes");
        Assert.InRange(ran, Few, attempts);
        Assert.True(escapes.Count == 0, string.Join("\n--\n", escapes));
        Assert.Equal(mounts, File.ReadAllText("/proc/self/mountinfo"));
        canary.AssertUntouched();
    }

    /// <summary>Symlinks to the canary, by way of a descriptor, and a directory in which nothing is mounted.</summary>
    private static void Decoys(Bundle bundle, string folder, string[] names)
    {
        var canary = Folder(bundle, "canary");
        foreach (var name in names)
        {
            if (name is "empty")
            {
                Directory.CreateDirectory($"{folder}/{name}");
                continue;
            }

            File.CreateSymbolicLink($"{folder}/{name}", name switch
            {
                "up" => $"../../../../../../../../..{canary}",
                "absolute" => canary,
                "magic" => "/proc/self/fd/7",
                _ => "/proc",
            });
        }
    }

    /// <summary>A container that ran has nothing of the host's mounted, and one proc file system with all its masks.</summary>
    private static string? Escaped(string text, string masks)
    {
        foreach (var line in text.Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length < 9)
            {
                if (line == "ESCAPED" || (long.TryParse(line, out var size) && size > 0))
                {
                    return $"a mask is missing: {line}";
                }
            }
            else if (fields[3].Contains("/canary", StringComparison.Ordinal))
            {
                // Not where it is mounted, fields[4]: what a link leads to is made inside the root, where that path is another one.
                return $"the canary is mounted: {line}";
            }
        }

        // It may have run at a moment in which its proc was between two names.
        return MasksOf(text) is var seen && (seen.Length == 0 || seen == masks) ? null : $"on proc are {seen}, not {masks}";
    }

    /// <summary>The names of what is mounted on the proc file systems; empty when none is seen.</summary>
    private static string MasksOf(string text)
    {
        var mounts = text.Split('\n').Select(static line => line.Split(' ')).Where(static fields => fields.Length > 9).DistinctBy(static fields => fields[0]).ToArray();
        var procs = mounts.Where(static fields => fields[3] == "/" && fields.Contains("proc")).Select(static fields => fields[0]).ToArray();
        return string.Join(", ", mounts.Where(fields => procs.Contains(fields[1])).Select(static fields => Path.GetFileName(fields[4])).Order(StringComparer.Ordinal));
    }

    private static string Folder(Bundle bundle, string name) => Directory.CreateDirectory(Path.Combine(bundle.Folder, name)).FullName;

    /// <summary>A tree of the host with all that a wrong step could touch, watched by inotify (but for being read, which the watcher does) and hashed.</summary>
    private sealed class Canary : IDisposable
    {
        private readonly string folder;
        private readonly string before;
        private readonly List<string> events = [];
        private readonly FileSystemWatcher watcher;

        internal Canary(Bundle bundle)
        {
            folder = Folder(bundle, "canary");
            foreach (var name in new[] { "b", "b/canary", "keys", "sys", "sys/kernel" })
            {
                Directory.CreateDirectory($"{folder}/{name}");
            }

            foreach (var name in new[] { "null", "ptmx", "console", "passwd", "sys/kernel/core_pattern", "b/file" })
            {
                File.WriteAllText($"{folder}/{name}", "the host's");
            }

            before = Hash();
            watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, NotifyFilter = (NotifyFilters)0x15f };
            FileSystemEventHandler note = (_, happened) => events.Add($"{happened.ChangeType} {happened.FullPath}");
            watcher.Created += note;
            watcher.Deleted += note;
            watcher.Changed += note;
            watcher.Renamed += (_, happened) => events.Add($"renamed {happened.FullPath}");
            watcher.EnableRaisingEvents = true;
        }

        internal void AssertUntouched()
        {
            Thread.Sleep(100);
            Assert.Empty(events);
            Assert.Equal(before, Hash());
        }

        public void Dispose() => watcher.Dispose();

        private string Hash()
        {
            var text = new StringBuilder();
            foreach (var path in Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                Mono.Unix.Native.Syscall.lstat(path, out var status);
                text.Append($"{path} {status.st_mode} {status.st_uid} {status.st_gid} {status.st_ino}");
                text.Append(File.Exists(path) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))) : "").Append('\n');
            }

            return text.ToString();
        }
    }
}
