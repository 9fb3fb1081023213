using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>A container's root is the root of its mount namespace, wherever the runtime was called from and however it comes there.</summary>
public sealed class RootTests
{
    // A proc file system that hides nothing, in namespaces of one's own: the kernel allows it where one is to be seen in the mount namespace already.
    private static readonly string[] MountProc = ["unshare", "-U", "-r", "-m", "-p", "-f", "mount", "-t", "proc", "proc", "/tmp"];

    /// <summary>The runtime in a chroot, which is a mount of the same tree or a folder in it.</summary>
    [Theory]
    [InlineData("mount --rbind / $0 && exec chroot $0 \"$@\"")]
    [InlineData("mkdir -p $0/a && mount --rbind / $0/a && mount --rbind $0/a $0/a/mnt && exec chroot $0/a/mnt \"$@\"")]
    [InlineData("cd / && mount -t tmpfs x $0 && mkdir $0/r $0/r/tmp $0/r/proc $0/r/sys $0/r/dev $0/r/bin && cp $1 $0/r/bin/peapod && shift"
        + " && for d in tmp proc sys dev; do mount --rbind /$d $0/r/$d; done && exec chroot $0/r /bin/peapod \"$@\"")]
    public void A_container_made_in_a_chroot_has_its_own_root_for_every_process(string enter)
    {
        using var bundle = Escaping();
        var place = Directory.CreateTempSubdirectory("peapod-chroot-").FullName;
        string[] InChroot(params string[] arguments) =>
            ["unshare", "--mount", "sh", "-c", enter, place, PeapodCommand.Executable, "--root", bundle.Root, .. arguments];
        var own = Directory.GetFileSystemEntries(bundle.PathInRootfs("/")).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray();
        string[] List(CommandResult result)
        {
            Assert.Equal("", result.Error);
            return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }

        var created = PeapodCommand.Start(InChroot("run", "--detach", "--bundle", bundle.Folder, bundle.Id)[0], InChroot("run", "--detach", "--bundle", bundle.Folder, bundle.Id)[1..]);

        Assert.Equal(0, created.ExitCode);
        Assert.Equal(own, List(PeapodCommand.Start("unshare", InChroot("exec", bundle.Id, "ls", "/")[1..])));
        Assert.Equal(own, List(bundle.Exec(bundle.Id, "ls", "/")));
        Assert.Equal($"{PeapodCommand.Executable} is not there\n", bundle.Exec(bundle.Id, "/attacker", "escape", PeapodCommand.Executable).Output);
        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public void An_exec_is_in_the_root_of_a_container_that_is_behind_a_chroot_only()
    {
        using var bundle = new Bundle("sleep", "100").Namespaces("pid", "network", "ipc", "uts");
        bundle.Edit(static config =>
        {
            config.AsObject().Remove("mounts");
            config["linux"]!.AsObject().Remove("maskedPaths");
            config["linux"]!.AsObject().Remove("readonlyPaths");
            config["root"]!["readonly"] = false;
        });
        bundle.RunDetached();

        Assert.Equal(Directory.GetFileSystemEntries(bundle.PathInRootfs("/")).Length, bundle.Exec(bundle.Id, "ls", "/").Output.Split('\n').Length - 1);
        Assert.Equal("/tmp\n", bundle.Exec("--cwd", "/tmp", bundle.Id, "pwd").Output);
    }

    [Fact]
    public void An_exec_is_in_the_cgroup_of_the_first_process_when_the_containers_own_is_gone()
    {
        using var bundle = new Bundle("sleep", "100");
        var pid = bundle.RunDetached();
        var other = $"/sys/fs/cgroup/{bundle.Id}-other";
        Directory.CreateDirectory(other);
        File.WriteAllText($"{other}/cgroup.procs", $"{pid}");
        Directory.Delete($"/sys/fs/cgroup/{bundle.Id}");
        var file = Path.Combine(bundle.Folder, "exec.pid");

        var result = bundle.Exec("--detach", "--pid-file", file, bundle.Id, "sleep", "100");

        Assert.Equal("", result.Error);
        Assert.Equal($"0::/{bundle.Id}-other", File.ReadAllLines($"/proc/{File.ReadAllText(file)}/cgroup")[^1]);
        File.WriteAllText($"{other}/cgroup.kill", "1");
        bundle.WaitFor("stopped");
        Directory.Delete(other);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_of_the_host_is_left_behind_a_root_that_is_not_pivoted_to(bool userNamespace)
    {
        using var bundle = Escaping();
        if (userNamespace)
        {
            bundle.Namespaces("pid", "network", "ipc", "uts", "mount", "cgroup", "user")
                .Set("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 4294967295}]""").Set("linux.gidMappings", """[{"containerID": 0, "hostID": 0, "size": 4294967295}]""");
        }

        Assert.Equal(0, bundle.Peapod("run", "--no-pivot", "--detach", "--bundle", bundle.Folder, bundle.Id).ExitCode);

        AssertClosed(bundle);
    }

    /// <summary>A ramdisk's root cannot be pivoted from; neither can one whose parent is a shared mount, which is easier to make.</summary>
    [Fact]
    public void Nothing_of_the_host_is_left_behind_a_root_that_cannot_be_pivoted_to()
    {
        const string script = """
            set -e
            mount -t tmpfs base $0
            mkdir $0/old $0/real
            cp /bin/busybox $0
            mount --rbind / $0/real
            cd $0
            pivot_root . old
            cd /real
            /busybox umount -l /old
            /busybox mount --move /real /
            /busybox mount --make-shared /
            exec /busybox chroot . "$@"
            """;
        using var bundle = Escaping();
        var place = Directory.CreateTempSubdirectory("peapod-ramdisk-").FullName;
        CommandResult Run(params string[] flags) =>
            PeapodCommand.Start("unshare", ["--mount", "--propagation", "private", "sh", "-c", script, place, PeapodCommand.Executable, "--root", bundle.Root, "run", .. flags, "--detach", "--bundle", bundle.Folder, bundle.Id]);

        var pivoted = Run();
        var moved = Run("--no-pivot");

        Assert.Equal("peapod: config.json: root.path: cannot make the root file system the root: pivot_root: Invalid argument\n", pivoted.Error);
        Assert.Equal("", moved.Error);
        AssertClosed(bundle);
        Directory.Delete(place);
    }

    private static Bundle Escaping()
    {
        var bundle = new Bundle("sleep", "100");
        Attacker.PutInto(bundle);
        foreach (var set in new[] { "bounding", "effective", "permitted" })
        {
            bundle.Set($"process.capabilities.{set}[+]", "\"CAP_SYS_CHROOT\"").Set($"process.capabilities.{set}[+]", "\"CAP_SETFCAP\"");
        }

        return bundle.Set("root.readonly", "false");
    }

    private static void AssertClosed(Bundle bundle)
    {
        Assert.Equal($"{PeapodCommand.Executable} is not there\n", bundle.Exec(bundle.Id, "/attacker", "escape", PeapodCommand.Executable).Output);
        var mounted = bundle.Exec([bundle.Id, .. MountProc]);
        Assert.Equal("mount: permission denied (are you root?)\n", mounted.Error);
        Assert.Equal(1, mounted.ExitCode);
    }
}
