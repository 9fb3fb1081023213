using System.Text.RegularExpressions;
using Mono.Unix.Native;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class MountTests
{
    [Fact]
    [Covers("linux.maskedPaths")]
    public void Masked_paths_are_empty_and_cannot_be_written()
    {
        using var bundle = new Bundle("sh", "-c", "cat /etc/secret; ls /srv/closed; stat -c '%t:%T' /etc/secret; (echo x >/srv/closed/new) 2>&1; ls -A /srv/closed /srv/shut; (chmod 600 /etc/secret) 2>&1; echo end");
        Directory.CreateDirectory(bundle.PathInRootfs("/srv/closed/inner"));
        Directory.CreateDirectory(bundle.PathInRootfs("/srv/shut"));
        File.WriteAllText(bundle.PathInRootfs("/srv/shut/file"), "");
        File.WriteAllText(bundle.PathInRootfs("/etc/secret"), "secret");
        bundle.Set("linux.maskedPaths", """["/etc/secret", "/etc/shadow", "/srv/closed", "/no/such", "/etc/passwd/below", "/srv/shut"]""").Set("root.readonly", "false");
        File.WriteAllText(bundle.PathInRootfs("/etc/shadow"), "secret");

        Assert.Equal("1:3\nsh: can't create /srv/closed/new: Read-only file system\n/srv/closed:\n\n/srv/shut:\nchmod: /etc/secret: Read-only file system\nend\n", bundle.RunOutput());
        Assert.Equal(0, Syscall.stat("/dev/null", out var device));
        Assert.Equal((FilePermissions)0x1b6, device.st_mode & FilePermissions.ACCESSPERMS);
    }

    [Fact]
    public void A_path_that_is_listed_twice_is_closed_once()
    {
        using var bundle = new Bundle("sh", "-c", "cut -d' ' -f5 /proc/self/mountinfo | grep /srv/");
        Directory.CreateDirectory(bundle.PathInRootfs("/srv/closed"));
        Directory.CreateDirectory(bundle.PathInRootfs("/srv/fixed"));
        bundle.Set("linux.maskedPaths", """["/srv/closed", "/srv/closed/", "/srv/closed"]""").Set("linux.readonlyPaths", """["/srv/fixed", "/srv/fixed"]""");

        Assert.Equal("/srv/fixed\n/srv/closed\n", bundle.RunOutput());
    }

    [Fact]
    [Covers("linux.readonlyPaths")]
    public void Read_only_paths_stay_readable_with_what_is_mounted_below()
    {
        using var bundle = new Bundle("sh", "-c", "cat /srv/fixed/file; (echo x >/srv/fixed/file) 2>&1; (echo x >/srv/fixed/inner/new) 2>&1; echo x >/srv/free && echo written; (echo 1 >/proc/sys/kernel/panic) 2>&1; true");
        bundle.Set("linux.readonlyPaths", """["/srv/fixed", "/proc/sys", "/no/such"]""").Set("root.readonly", "false").Mount("tmpfs", "/srv/fixed/inner", "tmpfs");
        Directory.CreateDirectory(bundle.PathInRootfs("/srv/fixed/inner"));
        File.WriteAllText(bundle.PathInRootfs("/srv/fixed/file"), "readable\n");

        Assert.Equal(
            "readable\nsh: can't create /srv/fixed/file: Read-only file system\nsh: can't create /srv/fixed/inner/new: Read-only file system\nwritten\nsh: can't create /proc/sys/kernel/panic: Read-only file system\n",
            bundle.RunOutput());
    }

    [Fact]
    [Covers("root.readonly")]
    public void A_read_only_root_leaves_its_mounts_writable()
    {
        using var bundle = new Bundle("sh", "-c", "(echo x >/new) 2>&1; echo x >/dev/shm/new && cat /dev/shm/new; (chmod 700 /etc) 2>&1; true");

        Assert.Equal("sh: can't create /new: Read-only file system\nx\nchmod: /etc: Read-only file system\n", bundle.RunOutput());
        Assert.False(File.Exists(bundle.PathInRootfs("/new")));
    }

    [Fact]
    [Covers("root.path", "root.readonly")]
    public void A_writable_root_is_written_to()
    {
        using var bundle = new Bundle("sh", "-c", "echo word >/new").Set("root.readonly", "false");

        Assert.Equal("", bundle.RunOutput());
        Assert.Equal("word\n", File.ReadAllText(bundle.PathInRootfs("/new")));
    }

    [Theory]
    [InlineData("shared", "shared:")]
    [InlineData("rshared", "shared:")]
    [InlineData("slave", "")]
    [InlineData("rslave", "")]
    [InlineData("private", "")]
    [InlineData("rprivate", "")]
    [InlineData("unbindable", "unbindable")]
    [InlineData("", "")]
    [Covers("linux.rootfsPropagation")]
    public void The_roots_propagation_is_seen_in_mountinfo(string propagation, string expected)
    {
        using var bundle = new Bundle("cat", "/proc/self/mountinfo").Set("linux.rootfsPropagation", $"\"{propagation}\"");

        Assert.Equal(expected, Propagation(bundle.RunOutput(), "/"));
    }

    [Fact]
    public void Without_a_word_on_propagation_the_host_shows_through_and_learns_nothing()
    {
        using var shared = new SharedMount();
        using var bundle = new Bundle(
            "sh", "-c", "while ! test -e /data/host/word; do sleep 0.02; done; cat /data/host/word; mount -t tmpfs none /data/own && touch /data/own/made && echo mounted; touch /tmp/done; sleep 100")
            .Mount(shared.Path, "/data", "bind", "rbind").Mount("tmpfs", "/tmp", "tmpfs");
        AllowMounting(bundle);
        shared.Make("host", "own");
        var pid = bundle.RunDetached();

        shared.MountAt("host", "word");
        WaitForFile($"/proc/{pid}/root/tmp/done");

        Assert.Empty(Directory.GetFileSystemEntries($"{shared.Path}/own"));
        Assert.True(File.Exists($"/proc/{pid}/root/data/own/made"));
        shared.Unmount("host");
    }

    [Fact]
    public void A_shared_bind_mount_tells_the_host_of_mounts_in_the_container()
    {
        using var shared = new SharedMount();
        using var bundle = new Bundle("sh", "-c", "mount -t tmpfs none /data/own && touch /data/own/made; touch /tmp/done; sleep 100")
            .Mount(shared.Path, "/data", "bind", "rbind", "rshared").Mount("tmpfs", "/tmp", "tmpfs");
        AllowMounting(bundle);
        shared.Make("own");
        var pid = bundle.RunDetached();

        WaitForFile($"/proc/{pid}/root/tmp/done");

        Assert.Equal([$"{shared.Path}/own/made"], Directory.GetFileSystemEntries($"{shared.Path}/own"));
        shared.Unmount("own");
    }

    [Fact]
    public void A_private_bind_mount_hears_nothing_of_the_host()
    {
        using var shared = new SharedMount();
        using var bundle = new Bundle("sleep", "100").Mount(shared.Path, "/data", "bind", "rbind", "rprivate");
        shared.Make("host");
        var pid = bundle.RunDetached();

        shared.MountAt("host", "word");

        Assert.Empty(Directory.GetFileSystemEntries($"/proc/{pid}/root/data/host"));
        shared.Unmount("host");
    }

    [Fact]
    public void Mounts_in_the_container_on_what_was_mounted_below_the_root_stay_there()
    {
        using var bundle = new Bundle("sh", "-c", "mount -t tmpfs none /srv/own && touch /srv/own/made; touch /tmp/done; sleep 100").Mount("tmpfs", "/tmp", "tmpfs");
        using var shared = new SharedMount(bundle.PathInRootfs("/srv"));
        AllowMounting(bundle);
        shared.Make("own");
        var pid = bundle.RunDetached();

        WaitForFile($"/proc/{pid}/root/tmp/done");

        Assert.Empty(Directory.GetFileSystemEntries($"{shared.Path}/own"));
        Assert.Equal(0, bundle.Peapod("delete", "--force", bundle.Id).ExitCode);
    }

    [Fact]
    [Covers("mounts.options", "mounts.type")]
    public void Options_of_a_bind_mount_hold_in_the_container_and_not_on_the_host()
    {
        using var bundle = new Bundle("sh", "-c", "grep ' /data ' /proc/self/mountinfo | cut -d' ' -f6; (echo x >/data/new) 2>&1; (/data/program) 2>&1; true");
        var source = Directory.CreateDirectory(Path.Combine(bundle.Folder, "data")).FullName;
        File.Copy("/bin/true", $"{source}/program");
        bundle.Mount("data", "/data", "bind", "bind", "ro", "nosuid", "nodev", "noexec", "noatime");

        var output = bundle.RunOutput();

        Assert.Equal("ro,nosuid,nodev,noexec,noatime\nsh: can't create /data/new: Read-only file system\nsh: /data/program: Permission denied\n", output);
        File.WriteAllText($"{source}/new", "the host may");
    }

    [Fact]
    [Covers("mounts.source", "mounts.destination")]
    public void A_single_file_is_mounted_over_another_and_where_none_is()
    {
        using var bundle = new Bundle("sh", "-c", "cat /etc/hosts /etc/deep/new; (echo x >/etc/hosts) 2>&1; true").Set("root.readonly", "false");
        File.WriteAllText(Path.Combine(bundle.Folder, "hosts"), "from the host\n");
        bundle.Mount("hosts", "/etc/hosts", "bind", "bind", "ro").Mount("hosts", "/etc/deep/new", "none", "rbind");

        Assert.Equal("from the host\nfrom the host\nsh: can't create /etc/hosts: Read-only file system\n", bundle.RunOutput());
        Assert.Equal("", File.ReadAllText(bundle.PathInRootfs("/etc/deep/new")));
    }

    [Theory]
    [InlineData("bind", "ro", "", "written\n")]
    [InlineData("rbind", "ro", "inner\n", "Read-only file system\nwritten\n")]
    [InlineData("rbind", "rro", "inner\n", "Read-only file system\nRead-only file system\n")]
    [Covers("mounts.options")]
    public void Rbind_takes_what_is_mounted_below_and_rro_makes_that_read_only_too(string bind, string attribute, string inner, string outcome)
    {
        using var shared = new SharedMount();
        shared.Make("below");
        shared.MountAt("below", "inner");
        using var bundle = new Bundle("sh", "-c", "ls /data/below; for file in /data/new /data/below/new; do (echo x >$file) 2>&1 | sed 's/.*: //'; test -e $file && echo written; done; true")
            .Mount(shared.Path, "/data", "bind", bind, attribute);

        // Without what is mounted below, the second file lies on the read-only mount itself.
        var expected = bind == "bind" ? "Read-only file system\nRead-only file system\n" : outcome;
        Assert.Equal(inner + expected, bundle.RunOutput());
    }

    [Fact]
    public void A_recursive_attribute_holds_for_a_new_file_system_too()
    {
        using var bundle = new Bundle("sh", "-c", "grep ' /data ' /proc/self/mountinfo | cut -d' ' -f6; (echo x >/data/new) 2>&1; true").Set("root.readonly", "false");
        bundle.Mount("tmpfs", "/data", "tmpfs", "rro", "rnoexec", "rnosuid", "nodev");

        Assert.Equal("ro,nosuid,nodev,noexec,relatime\nsh: can't create /data/new: Read-only file system\n", bundle.RunOutput());
    }

    [Fact]
    public void Things_are_mounted_inside_a_read_only_tmpfs()
    {
        using var bundle = new Bundle("sh", "-c", "cat /data/inner/word; (echo x >/data/new) 2>&1; true").Set("root.readonly", "false");
        Directory.CreateDirectory(Path.Combine(bundle.Folder, "inner"));
        File.WriteAllText(Path.Combine(bundle.Folder, "inner/word"), "word\n");
        bundle.Mount("tmpfs", "/data", "tmpfs", "ro").Mount("inner", "/data/inner", "bind", "bind");

        Assert.Equal("word\nsh: can't create /data/new: Read-only file system\n", bundle.RunOutput());
    }

    [Fact]
    public void A_tmpfs_has_the_mode_of_the_directory_that_it_covers()
    {
        using var bundle = new Bundle("sh", "-c", "stat -c %a /srv/closed /srv/given /srv/made").Set("root.readonly", "false");
        Directory.CreateDirectory(bundle.PathInRootfs("/srv/closed"), (UnixFileMode)0x1c0);
        Directory.CreateDirectory(bundle.PathInRootfs("/srv/given"), (UnixFileMode)0x1c0);
        bundle.Mount("tmpfs", "/srv/closed", "tmpfs").Mount("tmpfs", "/srv/given", "tmpfs", "mode=0751").Mount("tmpfs", "/srv/made", "tmpfs");

        Assert.Equal("700\n751\n1777\n", bundle.RunOutput());
    }

    [Fact]
    [Covers("mounts.options")]
    public void Tmpcopyup_begins_with_what_the_directory_holds()
    {
        using var bundle = new Bundle(
            "sh", "-c", "cd /srv/data && find . | sort && cat deep/er/file big | md5sum && readlink link && stat -c '%a %u:%g %F' . deep deep/er/file pipe; echo x >deep/new && rm big")
            .Mount("tmpfs", "/srv/data", "tmpfs", "tmpcopyup", "nosuid");
        var source = bundle.PathInRootfs("/srv/data");
        Directory.CreateDirectory($"{source}/deep/er");
        Syscall.chmod($"{source}/deep", (FilePermissions)0x1e8);
        File.WriteAllText($"{source}/deep/er/file", "word\n");
        Syscall.chown($"{source}/deep/er/file", 1000, 33);
        Syscall.chmod($"{source}/deep/er/file", (FilePermissions)0x9ed);
        File.WriteAllText($"{source}/big", new string('x', 300_000));
        File.CreateSymbolicLink($"{source}/link", "../nowhere");
        Assert.Equal(0, Syscall.mkfifo($"{source}/pipe", (FilePermissions)0x1a4));
        for (var i = 0; i < 200; i++)
        {
            File.WriteAllText($"{source}/deep/{i:d3}-{new string('n', 100)}", "");
        }

        var output = bundle.RunOutput().Split('\n');

        Assert.Equal(200, output.Count(static line => line.EndsWith("nnn", StringComparison.Ordinal)));
        Assert.Equal(
            [
                ".", "./big", "./deep", "./deep/er", "./deep/er/file", "./link", "./pipe",
                PeapodCommand.Start("sh", "-c", $"cd {source} && cat deep/er/file big | md5sum").Output.TrimEnd('\n'),
                "../nowhere", "755 0:0 directory", "750 0:0 directory", "4755 1000:33 regular file", "644 0:0 fifo", "",
            ],
            output.Where(static line => !line.EndsWith("nnn", StringComparison.Ordinal)));
        Assert.True(File.Exists($"{source}/big"));
        Assert.False(File.Exists($"{source}/deep/new"));
    }

    [Theory]
    [InlineData("/proc/self", "bind", "\"/proc/self\" is inside /proc, which only the proc file system may fill")]
    [InlineData("/proc/../proc//bus", "bind", "\"/proc/../proc//bus\" is inside /proc, which only the proc file system may fill")]
    [InlineData("/proc/acpi", "tmpfs", "\"/proc/acpi\" is inside /proc, which only the proc file system may fill")]
    [InlineData("/proc", "tmpfs", "\"/proc\" is inside /proc, which only the proc file system may fill")]
    public void Nothing_is_mounted_over_proc(string destination, string type, string sentence)
    {
        using var bundle = new Bundle("true").Mount("/tmp", destination, type);

        Assert.Equal($"peapod: config.json: mounts[7].destination: {sentence}\n", bundle.Run().Error);
    }

    [Fact]
    public void Nothing_is_mounted_over_proc_through_a_symlink_of_the_image()
    {
        using var bundle = new Bundle("true");
        File.CreateSymbolicLink(bundle.PathInRootfs("/data"), "proc/self");

        Assert.Equal(
            "peapod: config.json: mounts[7]: cannot mount \"/tmp\" at \"/data/attr\": Operation not permitted\n  a symlink leads into the proc file system there, which nothing else may cover\n",
            bundle.Mount("/tmp", "/data/attr", "bind", "rbind").Run().Error);
    }

    [Fact]
    public void A_tmpfs_over_proc_through_a_symlink_of_the_image_is_refused()
    {
        using var bundle = new Bundle("true");
        File.CreateSymbolicLink(bundle.PathInRootfs("/data"), "proc");

        Assert.Equal(
            "peapod: config.json: mounts[7]: cannot mount tmpfs at \"/data\": Operation not permitted\n  a symlink leads into the proc file system there, which nothing else may cover\n",
            bundle.Mount("tmpfs", "/data", "tmpfs").Run().Error);
    }

    [Fact]
    public void The_hosts_proc_may_be_bound_and_nothing_else_in_its_place()
    {
        using var bundle = new Bundle("sh", "-c", "readlink /proc/self/ns/pid; ls -d /proc/1");
        bundle.Set("mounts[0]", """{"destination": "/proc", "type": "bind", "source": "/proc", "options": ["rbind", "nosuid"]}""")
            .Namespaces("mount", "uts", "ipc", "network", "cgroup");
        Assert.Equal($"{new FileInfo("/proc/self/ns/pid").LinkTarget}\n/proc/1\n", bundle.RunOutput());

        bundle.Set("mounts[0].source", "\"/tmp\"");
        Assert.Equal(
            "peapod: config.json: mounts[0]: cannot mount \"/tmp\" at \"/proc\": the source is no proc file system, and nothing else may be mounted there\n",
            bundle.Run().Error);
    }

    [Fact]
    public void A_file_of_proc_that_lxcfs_knows_may_be_covered()
    {
        using var bundle = new Bundle("cat", "/proc/uptime");
        File.WriteAllText(Path.Combine(bundle.Folder, "uptime"), "1.00 2.00\n");

        Assert.Equal("1.00 2.00\n", bundle.Mount("uptime", "/proc/uptime", "bind", "bind").RunOutput());
    }

    [Fact]
    public void An_option_that_a_file_system_does_not_know_is_told_by_its_mount()
    {
        using var bundle = new Bundle("true");

        Assert.Equal(
            "peapod: config.json: mounts[7]: cannot mount tmpfs at \"/tmp\": sizzle: Invalid argument\n",
            bundle.Mount("tmpfs", "/tmp", "tmpfs", "nosuid", "sizzle=5").Run().Error);
    }

    [Theory]
    [InlineData("sizzle")]
    [InlineData("tmpcopyup")]
    public void An_option_that_is_not_for_a_bind_mount_is_refused(string option)
    {
        using var bundle = new Bundle("true");

        Assert.Equal(
            $"peapod: config.json: mounts[7].options: unknown option \"{option}\" for a bind mount\n",
            bundle.Mount("/tmp", "/tmp", "bind", "rbind", option).Run().Error);
    }

    [Fact]
    public void The_default_devices_and_links_are_there()
    {
        using var bundle = new Bundle("sh", "-c", "umask 077; cd /dev; stat -c '%n %a %u:%g %t:%T' null zero full random urandom tty; for link in fd stdin stdout stderr ptmx; do readlink $link; done; ls | wc -l");

        Assert.Equal(
            "null 666 0:0 1:3\nzero 666 0:0 1:5\nfull 666 0:0 1:7\nrandom 666 0:0 1:8\nurandom 666 0:0 1:9\ntty 666 0:0 5:0\n/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n14\n",
            bundle.RunOutput());
    }

    [Fact]
    [Covers("linux.devices")]
    public void Devices_of_the_configuration_are_made_with_their_mode_and_owner()
    {
        using var bundle = new Bundle("sh", "-c", "stat -c '%n %F %a %u:%g %t:%T' /dev/fuse /dev/deep/disk /dev/pipe /dev/null /dev/wide");
        bundle.Set("linux.devices", """
            [
              {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0},
              {"path": "/dev/deep/disk", "type": "b", "major": 259, "minor": 70000, "fileMode": 432, "uid": 5, "gid": 6},
              {"path": "/dev/pipe", "type": "p", "fileMode": 384},
              {"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 384, "uid": 1000},
              {"path": "/dev/wide", "type": "u", "major": 1, "minor": 5}
            ]
            """);

        Assert.Equal(
            "/dev/fuse character special file 666 0:0 a:e5\n/dev/deep/disk block special file 660 5:6 103:11170\n/dev/pipe fifo 600 0:0 0:0\n/dev/null character special file 600 1000:0 1:3\n/dev/wide character special file 666 0:0 1:5\n",
            bundle.RunOutput());
    }

    [Fact]
    public void A_named_pipe_with_a_number_and_a_path_that_ends_with_a_slash_are_made()
    {
        using var bundle = new Bundle("stat", "-c", "%n %F %a %t:%T", "/dev/pipe", "/dev/zero2");
        bundle.Set("linux.devices", """
            [
              {"path": "/dev/pipe", "type": "p", "major": 4, "minor": 9, "fileMode": 416},
              {"path": "/dev/zero2/", "type": "c", "major": 1, "minor": 5, "fileMode": 420}
            ]
            """);

        Assert.Equal("/dev/pipe fifo 640 0:0\n/dev/zero2 character special file 644 1:5\n", bundle.RunOutput());
    }

    [Fact]
    [Covers("linux.devices")]
    public void In_a_user_namespace_a_device_is_made_by_its_number_with_its_mode_and_owner()
    {
        const string mappings = """[{"containerID": 0, "hostID": 100000, "size": 65536}]""";
        using var bundle = new Bundle("sh", "-c", "stat -c '%n %F %a %u:%g %t:%T' /dev/nowhere-on-the-host /dev/tty; head -c 3 /dev/nowhere-on-the-host | wc -c; chmod 600 /dev/nowhere-on-the-host && echo changed");
        Assert.Equal(0, Syscall.chmod(bundle.Folder, (FilePermissions)0x1ed));
        bundle.Namespaces("pid", "network", "ipc", "uts", "mount", "cgroup", "user").Set("linux.uidMappings", mappings).Set("linux.gidMappings", mappings);
        bundle.Set("linux.devices", """
            [
              {"path": "/dev/nowhere-on-the-host", "type": "c", "major": 1, "minor": 5, "fileMode": 416, "uid": 0, "gid": 6},
              {"path": "/dev/tty", "type": "c", "major": 1, "minor": 3}
            ]
            """);

        // The node is the container's own, so changing it changes nothing of the host's.
        Assert.Equal("/dev/nowhere-on-the-host character special file 640 0:6 1:5\n/dev/tty character special file 666 0:0 1:3\n3\nchanged\n", bundle.RunOutput());
    }

    [Fact]
    [Covers("linux.resources.devices")]
    public void Device_rules_decide_what_may_be_opened()
    {
        // Nobody answers under these numbers, which is heard only when they may be asked.
        using var bundle = new Bundle("sh", "-c", "for device in a b; do (: </dev/$device) 2>&1; (: >>/dev/$device) 2>&1; (: <>/dev/$device) 2>&1; done; true");
        bundle.Set("linux.devices", """[{"path": "/dev/a", "type": "c", "major": 240, "minor": 5}, {"path": "/dev/b", "type": "c", "major": 240, "minor": 6}]""")
            .Set("linux.resources.devices", """[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 240, "minor": 5, "access": "r"}, {"allow": true, "type": "c", "major": 240, "access": "w"}]""");

        const string absent = "No such device or address", denied = "Operation not permitted";
        Assert.Equal(
            $"sh: can't open /dev/a: {absent}\nsh: can't create /dev/a: {absent}\nsh: can't create /dev/a: {absent}\nsh: can't open /dev/b: {denied}\nsh: can't create /dev/b: {absent}\nsh: can't create /dev/b: {denied}\n",
            bundle.RunOutput());
    }

    [Fact]
    public void The_cgroup_mount_shows_the_containers_own_cgroup_as_root()
    {
        using var bundle = new Bundle("sh", "-c", "head -n 1 /sys/fs/cgroup/cgroup.procs; cat /proc/self/cgroup | tail -n 1; (mkdir /sys/fs/cgroup/new) 2>&1; true");

        Assert.Equal("1\n0::/\nmkdir: can't create directory '/sys/fs/cgroup/new': Read-only file system\n", bundle.RunOutput());
    }

    [Fact]
    public void Without_a_cgroup_namespace_the_cgroup_mount_is_the_hosts()
    {
        using var bundle = new Bundle("sh", "-c", "tail -n 1 /proc/self/cgroup; ls -d /sys/fs/cgroup/$0").Edit(static config => config["process"]!["args"]!.AsArray().Add("ID"));
        bundle.Namespaces("pid", "network", "ipc", "uts", "mount").Set("process.args[3]", $"\"{bundle.Id}\"");

        Assert.Equal($"0::/{bundle.Id}\n/sys/fs/cgroup/{bundle.Id}\n", bundle.RunOutput());
    }

    [Fact]
    public void The_hosts_root_is_out_of_reach()
    {
        using var bundle = new Bundle("sh", "-c", "cut -d' ' -f4,5 /proc/self/mountinfo | grep -c peapod-test; ls /.. | tr '\\n' ' '; ls -d /proc/1/root/* | grep -c Runtime");

        Assert.Equal("1\n" + string.Join(' ', Directory.GetFileSystemEntries(bundle.PathInRootfs("/")).Select(Path.GetFileName).Order(StringComparer.Ordinal)) + " 0\n", bundle.Run().Output);
    }

    private static string Propagation(string mountinfo, string place)
    {
        // proc(5): "36 35 98:0 / /mount/point options optional-fields - type source options"
        var fields = mountinfo.Split('\n').Select(static line => line.Split(' ')).Single(fields => fields.Length > 4 && fields[4] == place);
        return Regex.Replace(fields[6] == "-" ? "" : fields[6], "[0-9]", "");
    }

    private static void AllowMounting(Bundle bundle) => bundle.Set("process.capabilities", """{"bounding": ["CAP_SYS_ADMIN"], "effective": ["CAP_SYS_ADMIN"], "permitted": ["CAP_SYS_ADMIN"]}""");

    private static void WaitForFile(string path)
    {
        for (var tries = 0; tries < 250 && !File.Exists(path); tries++)
        {
            Thread.Sleep(20);
        }

        Assert.True(File.Exists(path), path);
    }

    /// <summary>A shared tmpfs of the host, as systemd makes all its mounts.</summary>
    private sealed class SharedMount : IDisposable
    {
        internal SharedMount(string? path = null)
        {
            Path = path ?? Directory.CreateTempSubdirectory("peapod-shared-").FullName;
            Directory.CreateDirectory(Path);
            Assert.Equal(0, PeapodCommand.Start("mount", "-t", "tmpfs", "none", Path).ExitCode);
            Assert.Equal(0, PeapodCommand.Start("mount", "--make-shared", Path).ExitCode);
        }

        internal string Path { get; }

        internal void Make(params string[] names)
        {
            foreach (var name in names)
            {
                Directory.CreateDirectory($"{Path}/{name}");
            }
        }

        internal void MountAt(string name, string file)
        {
            Assert.Equal(0, PeapodCommand.Start("mount", "-t", "tmpfs", "none", $"{Path}/{name}").ExitCode);
            File.WriteAllText($"{Path}/{name}/{file}", file);
        }

        internal void Unmount(string name) => Assert.Equal(0, PeapodCommand.Start("umount", $"{Path}/{name}").ExitCode);

        public void Dispose()
        {
            Assert.Equal(0, PeapodCommand.Start("umount", "--recursive", Path).ExitCode);
            Directory.Delete(Path);
        }
    }
}
