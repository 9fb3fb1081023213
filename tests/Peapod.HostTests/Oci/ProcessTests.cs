using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

public class ProcessTests
{
    [Fact]
    [Covers("process.user.uid", "process.user.gid", "process.user.umask", "process.user.additionalGids")]
    public void User_groups_and_umask_are_the_configurations()
    {
        using var bundle = new Bundle("sh", "-c", "grep -E '^(Uid|Gid|Groups):' /proc/self/status; umask; touch /tmp/made; stat -c '%a %u:%g' /tmp/made");
        bundle.Set("process.user", """{"uid": 1000, "gid": 33, "additionalGids": [4, 100], "umask": 23}""").Set("root.readonly", "false");

        Assert.Equal("Uid:\t1000\t1000\t1000\t1000\nGid:\t33\t33\t33\t33\nGroups:\t4 100 \n0027\n640 1000:33\n", bundle.RunOutput());
    }

    [Fact]
    public void Without_a_umask_it_is_022_whatever_the_callers()
    {
        using var bundle = new Bundle("sh", "-c", "umask");

        var result = PeapodCommand.Start("sh", "-c", "umask 037; exec \"$@\"", "sh", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal("0022\n", result.Output);
    }

    [Fact]
    public void The_callers_groups_are_left_behind()
    {
        using var bundle = new Bundle("grep", "Groups", "/proc/self/status");

        var result = PeapodCommand.Start("setpriv", "--groups", "7,8", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal("Groups:\t \n", result.Output);
    }

    [Fact]
    [Covers("process.capabilities")]
    public void All_five_capability_sets_are_exactly_the_configurations()
    {
        using var bundle = new Bundle("grep", "^Cap", "/proc/self/status");
        bundle.Set("process.user", """{"uid": 1000, "gid": 1000}""").Set("process.capabilities", """
            {
              "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW", "CAP_SYS_CHROOT"], "permitted": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
              "effective": ["CAP_CHOWN", "CAP_KILL"], "inheritable": ["CAP_CHOWN", "CAP_NET_RAW"], "ambient": ["CAP_CHOWN", "CAP_NET_RAW"]
            }
            """);

        // By execve(2) of a user, what is permitted and effective afterwards is what was ambient.
        Assert.Equal("CapInh:\t0000000000002001\nCapPrm:\t0000000000002001\nCapEff:\t0000000000002001\nCapBnd:\t0000000000042021\nCapAmb:\t0000000000002001\n", bundle.RunOutput());
    }

    [Fact]
    public void Root_gets_its_capabilities_within_the_bounding_set()
    {
        using var bundle = new Bundle("grep", "^Cap", "/proc/self/status");
        bundle.Set("process.capabilities", """{"bounding": ["CAP_CHOWN", "CAP_SYS_CHROOT"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]}""").Set("process.noNewPrivileges", "false");

        Assert.Equal("CapInh:\t0000000000000000\nCapPrm:\t0000000000040001\nCapEff:\t0000000000040001\nCapBnd:\t0000000000040001\nCapAmb:\t0000000000000000\n", bundle.RunOutput());
    }

    [Fact]
    public void Without_capabilities_there_are_none()
    {
        using var bundle = new Bundle("grep", "^Cap", "/proc/self/status").Edit(static config => config["process"]!.AsObject().Remove("capabilities"));

        Assert.Equal("CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n", bundle.RunOutput());
    }

    [Theory]
    [Covers("process.capabilities")]
    [InlineData("""{"bounding": ["CAP_CHOWN", "CAP_FLY"]}""", "process.capabilities.bounding[1]: left out: unknown capability \"CAP_FLY\"", "0000000000000001")]
    [InlineData("""{"bounding": ["CAP_CHOWN"], "effective": ["CAP_CHOWN", "CAP_KILL"]}""", "process.capabilities.effective: left out, because they are not permitted: CAP_CHOWN, CAP_KILL", "0000000000000001")]
    [InlineData("""{"inheritable": ["CAP_CHOWN"]}""", "process.capabilities.inheritable: left out, because they are not in the bounding set: CAP_CHOWN", "0000000000000000")]
    public void A_capability_that_cannot_be_granted_is_left_out_with_a_warning(string capabilities, string warning, string bounding)
    {
        using var bundle = new Bundle("grep", "CapBnd", "/proc/self/status");

        var result = bundle.Set("process.capabilities", capabilities).Run();

        Assert.Equal(($"CapBnd:\t{bounding}\n", $"peapod: warning: config.json: {warning}\n", 0), (result.Output, result.Error, result.ExitCode));
    }

    [Theory]
    [Covers("process.capabilities")]
    [InlineData("inheritable")]
    [InlineData("permitted")]
    public void An_ambient_capability_is_left_out_unless_it_is_permitted_and_inheritable(string set)
    {
        using var bundle = new Bundle("grep", "CapAmb", "/proc/self/status");
        bundle.Set("process.capabilities", $$"""{"bounding": ["CAP_CHOWN"], "{{set}}": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}""");

        Assert.Equal("CapAmb:\t0000000000000000\n", bundle.RunOutput());
    }

    /// <summary>As on a host whose own capabilities were cut down: a caller that asks for all of them still gets its container.</summary>
    [Fact]
    [Covers("process.capabilities")]
    public void A_capability_that_the_runtime_does_not_have_is_left_out_with_a_warning()
    {
        using var bundle = new Bundle("grep", "^Cap[PB]", "/proc/self/status");
        bundle.Set("process.capabilities", """{"bounding": ["CAP_CHOWN", "CAP_SYSLOG"], "permitted": ["CAP_CHOWN", "CAP_SYSLOG"], "effective": ["CAP_CHOWN", "CAP_SYSLOG"]}""");

        var result = PeapodCommand.Start("setpriv", "--bounding-set", "-syslog", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal("peapod: warning: config.json: process.capabilities: left out, because the runtime does not have them itself: CAP_SYSLOG\n", result.Error);
        Assert.Equal("CapPrm:\t0000000000000001\nCapBnd:\t0000000000000001\n", result.Output);
    }

    [Theory]
    [InlineData("true", "1")]
    [InlineData("false", "0")]
    [Covers("process.noNewPrivileges")]
    public void No_new_privileges_is_set_when_asked_for(string asked, string expected)
    {
        using var bundle = new Bundle("grep", "NoNewPrivs", "/proc/self/status").Set("process.noNewPrivileges", asked);

        Assert.Equal($"NoNewPrivs:\t{expected}\n", bundle.RunOutput());
    }

    [Fact]
    [Covers("process.rlimits")]
    public void Resource_limits_are_set()
    {
        using var bundle = new Bundle("cat", "/proc/self/limits").Set("process.rlimits", """
            [{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 60}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"type": "RLIMIT_CPU", "soft": 100, "hard": 18446744073709551615}]
            """);

        var limits = bundle.RunOutput().Split('\n').Select(static line => System.Text.RegularExpressions.Regex.Replace(line, " +", " ").TrimEnd());

        Assert.Contains("Max open files 50 60 files", limits);
        Assert.Contains("Max core file size 0 0 bytes", limits);
        Assert.Contains("Max cpu time 100 unlimited seconds", limits);
    }

    [SkippableFact]
    public void A_limit_above_the_callers_needs_a_capability_and_says_so()
    {
        var effective = Convert.ToUInt64(File.ReadLines("/proc/self/status").Single(static line => line.StartsWith("CapEff", StringComparison.Ordinal)).Split('\t')[1], 16);
        Skip.If((effective & (1UL << 24)) != 0, "this machine lets root raise limits (CAP_SYS_RESOURCE)");
        using var bundle = new Bundle("true").Set("process.rlimits", """[{"type": "RLIMIT_NOFILE", "soft": 1, "hard": 1000000000}]""");

        Assert.Equal(
            "peapod: config.json: process.rlimits[0]: cannot set RLIMIT_NOFILE to 1:1000000000: prlimit64: Operation not permitted\n  this process may not raise the hard limit: it lacks CAP_SYS_RESOURCE\n",
            bundle.Run().Error);
    }

    [Fact]
    [Covers("process.cwd")]
    public void A_missing_working_directory_is_made()
    {
        using var bundle = new Bundle("sh", "-c", "pwd; stat -c '%a %u:%g' .");
        bundle.Set("process.cwd", "\"/srv/deep/work\"").Set("process.user", """{"uid": 1000, "gid": 1000}""");

        Assert.Equal("/srv/deep/work\n755 0:0\n", bundle.RunOutput());
        Assert.True(Directory.Exists(bundle.PathInRootfs("/srv/deep/work")));
    }

    [Fact]
    public void A_working_directory_that_is_a_file_is_refused()
    {
        using var bundle = new Bundle("true").Set("process.cwd", "\"/etc/passwd\"");

        Assert.Equal("peapod: config.json: process.cwd: cannot change to the working directory \"/etc/passwd\": chdir: Not a directory\n", bundle.Run().Error);
    }

    [Fact]
    public void A_working_directory_that_leads_out_of_the_root_stays_in_it()
    {
        using var bundle = new Bundle("pwd").Set("process.cwd", "\"/link/work\"");
        Directory.CreateDirectory(bundle.PathInRootfs("/srv"));
        File.CreateSymbolicLink(bundle.PathInRootfs("/link"), "../../../../srv");

        Assert.Equal("/srv/work\n", bundle.RunOutput());
        Assert.True(Directory.Exists(bundle.PathInRootfs("/srv/work")));
    }

    [Fact]
    public void A_working_directory_that_only_root_may_enter_is_entered_as_root()
    {
        using var bundle = new Bundle("sh", "-c", "readlink /proc/self/cwd");
        bundle.Set("process.cwd", "\"/root\"").Set("process.user", """{"uid": 1000, "gid": 1000}""");

        Assert.Equal("/root\n", bundle.RunOutput());
    }

    [Fact]
    public void A_working_directory_that_only_the_user_may_enter_is_entered_as_the_user()
    {
        // Without CAP_DAC_OVERRIDE over it, root of a user namespace cannot enter what an unmapped user owns; its own user can.
        using var bundle = new Bundle("sh", "-c", "readlink /proc/self/cwd").Set("process.cwd", "\"/home\"").Set("process.user", """{"uid": 1000, "gid": 1000}""");
        File.SetUnixFileMode(bundle.PathInRootfs("/home"), (UnixFileMode)0x1c0);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(bundle.PathInRootfs("/home"), 1000, 1000));

        Assert.Equal("/home\n", bundle.RunOutput());
    }

    [Fact]
    [Covers("hostname", "domainname")]
    public void Host_name_and_domain_name_are_the_configurations()
    {
        using var bundle = new Bundle("sh", "-c", "hostname; cat /proc/sys/kernel/domainname").Set("hostname", "\"höst-1\"").Set("domainname", "\"example.test\"");

        Assert.Equal("höst-1\nexample.test\n", bundle.RunOutput());
    }

    [Fact]
    public void Home_is_found_in_a_last_line_without_an_end()
    {
        using var bundle = new Bundle("sh", "-c", "echo $HOME").Set("process.user", """{"uid": 7777, "gid": 33}""");
        File.AppendAllText(bundle.PathInRootfs("/etc/passwd"), "last:x:7777:33::/home/last:/bin/sh");

        Assert.Equal("/home/last\n", bundle.RunOutput());
    }

    [Fact]
    public void Home_comes_from_the_containers_passwd_when_the_environment_has_none()
    {
        using var bundle = new Bundle("sh", "-c", "echo $HOME");
        bundle.Set("process.user", """{"uid": 33, "gid": 33}""");

        Assert.Equal("/var/www\n", bundle.RunOutput());
        Assert.Equal("/\n", bundle.Set("process.user.uid", "4444").RunOutput());
        Assert.Equal("/own\n", bundle.Set("process.env[+]", "\"HOME=/own\"").RunOutput());
    }

    [Fact]
    [Covers("process.env")]
    public void The_environment_is_the_configurations_and_nothing_of_the_callers()
    {
        using var bundle = new Bundle("env").Set("process.env", """["PATH=/bin:/usr/bin", "A=1", "B=x=y", "A=2", "HOME=/h", "EMPTY="]""");

        var result = PeapodCommand.Start("env", "SECRET=1", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal("PATH=/bin:/usr/bin\nA=2\nB=x=y\nHOME=/h\nEMPTY=\n", result.Output);
    }

    [Fact]
    [Covers("process.oomScoreAdj")]
    public void The_oom_score_adjustment_is_set()
    {
        using var bundle = new Bundle("cat", "/proc/self/oom_score_adj").Set("process.oomScoreAdj", "321");

        Assert.Equal("321\n", bundle.RunOutput());
    }

    [Fact]
    [Covers("linux.sysctl")]
    public void Kernel_parameters_are_set_in_either_spelling_and_only_in_the_container()
    {
        var before = File.ReadAllText("/proc/sys/net/ipv4/ip_default_ttl");
        using var bundle = new Bundle("sh", "-c", "cd /proc/sys; cat net/ipv4/ip_default_ttl kernel/shm_rmid_forced net/ipv4/conf/lo/forwarding fs/mqueue/msg_max kernel/domainname");
        bundle.Set("linux.sysctl", """{"net.ipv4.ip_default_ttl": "77", "kernel.shm_rmid_forced": "1", "net/ipv4/conf/lo/forwarding": "1", "fs.mqueue.msg_max": "12", "kernel.domainname": "set.test"}""");

        Assert.Equal("77\n1\n1\n12\nset.test\n", bundle.RunOutput());
        Assert.Equal(before, File.ReadAllText("/proc/sys/net/ipv4/ip_default_ttl"));
    }

    [Fact]
    public void A_kernel_parameter_that_is_not_there_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Set("linux.sysctl", """{"net.ipv4.no_such": "1"}""");

        Assert.Equal("peapod: config.json: linux.sysctl[\"net.ipv4.no_such\"]: cannot set it to \"1\": openat2: No such file or directory\n", bundle.Run().Error);
    }

    [Fact]
    public void Lo_is_up_in_a_new_network_namespace()
    {
        using var bundle = new Bundle("sh", "-c", "ip -o link | cut -d' ' -f2,3");

        Assert.Contains("lo: <LOOPBACK,UP,LOWER_UP>\n", bundle.RunOutput(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_that_is_a_standard_stream_may_be_opened_again_by_the_user()
    {
        using var bundle = new Bundle("sh", "-c", "echo again >/dev/stderr").Set("process.user", """{"uid": 1000, "gid": 1000}""");
        var log = Path.Combine(bundle.Folder, "log");
        File.SetUnixFileMode(bundle.Folder, (UnixFileMode)0x1ed);

        var result = PeapodCommand.Start("sh", "-c", "umask 077; \"$@\" 2>&1 | cat >\"$0\"", log, PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal("again\n", File.ReadAllText(log));
    }

    [Fact]
    public void Signals_that_the_caller_ignores_or_blocks_are_the_defaults_in_the_container()
    {
        using var bundle = new Bundle("grep", "^Sig[BI]", "/proc/self/status");

        var result = PeapodCommand.Start("sh", "-c", "trap '' HUP INT PIPE TERM; exec \"$@\"", "sh", PeapodCommand.Executable, "--root", bundle.Root, "run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", result.Output);
    }
}
