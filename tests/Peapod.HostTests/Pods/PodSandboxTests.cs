using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>What a pod's sandbox gives its containers: kernel parameters, files of names, namespaces of the pod or of the host.</summary>
public sealed class PodSandboxTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("spec.securityContext.sysctls")]
    public void Kernel_parameters_are_set_in_the_pods_namespaces_only()
    {
        var before = (File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"), File.ReadAllText("/proc/sys/kernel/shm_rmid_forced"));

        Run("""
              securityContext:
                sysctls:
                - {name: net.ipv4.ip_unprivileged_port_start, value: "80"}
                - {name: net/ipv4/ip_local_port_range, value: "2000 3000"}
                - {name: kernel.shm_rmid_forced, value: "1"}
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"]}
            """);

        Assert.Equal("80\n2000\t3000\n1\n", bed.Done("exec", "p", "--", "sh", "-c", "cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start net/ipv4/ip_local_port_range kernel/shm_rmid_forced"));
        Assert.Equal(before, (File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"), File.ReadAllText("/proc/sys/kernel/shm_rmid_forced")));
    }

    [Fact]
    public void An_unsafe_kernel_parameter_needs_to_be_allowed()
    {
        var file = bed.Write("p.yaml", PodBed.Manifest("p", """
              restartPolicy: Never
              securityContext: {sysctls: [{name: kernel.msgmax, value: "65536"}]}
              containers:
              - {name: c, image: localhost/busybox, command: [cat, /proc/sys/kernel/msgmax]}
            """));

        var refused = bed.Pod("run", "-f", file);
        Assert.Equal((1, "peapod: forbidden sysctl: \"kernel.msgmax\" not allowlisted\n  allow it with --allow-unsafe-sysctl kernel.msgmax\n"), (refused.ExitCode, refused.Error));
        bed.AssertNothingLeft();
        bed.Done("run", "-f", file, "--allow-unsafe-sysctl", "kernel.msg*");
        Assert.Equal("65536\n", bed.Done("logs", "-f", "p"));
        Assert.Equal(
            "peapod: --allow-unsafe-sysctl vm.*: not known to be namespaced: expected kernel.shm*, kernel.msg*, kernel.sem, fs.mqueue.*, net.*, or the name of one of them\n",
            bed.Pod("run", "-f", file, "--allow-unsafe-sysctl", "vm.*").Error);
    }

    [Fact]
    [Field("spec.hostAliases", "spec.subdomain", "spec.hostname", "spec.setHostnameAsFQDN", "spec.dnsPolicy", "spec.dnsConfig")]
    public void Names_and_resolvers_are_the_manifests()
    {
        Run("""
              hostname: web
              subdomain: front
              setHostnameAsFQDN: true
              hostAliases: [{ip: 192.0.2.7, hostnames: [foo, bar.example]}]
              dnsPolicy: None
              dnsConfig: {nameservers: [192.0.2.53], searches: [a.example, b.example], options: [{name: ndots, value: "3"}, {name: edns0}]}
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"]}
            """);

        Assert.Equal("web.front.default.svc.cluster.local\nweb\n", Exec("hostname; cat /etc/hostname"));
        Assert.Equal("search a.example b.example\nnameserver 192.0.2.53\noptions ndots:3 edns0\n", Exec("cat /etc/resolv.conf"));
        var ip = bed.Ip("p");
        var hosts = Exec("cat /etc/hosts");
        Assert.Contains($"\n{ip}\tweb.front.default.svc.cluster.local\tweb\n", hosts, StringComparison.Ordinal);
        Assert.EndsWith("\n# Entries added by HostAliases.\n192.0.2.7\tfoo\tbar.example\n", hosts, StringComparison.Ordinal);
        Assert.StartsWith($"PING bar.example (192.0.2.7)", Exec("ping -c 1 -W 1 bar.example 2>&1 | head -1; true"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_name_too_long_for_the_kernel_fails_the_pod()
    {
        var result = bed.RunSpec("p", """
              subdomain: front-of-the-house-with-a-very-long-name
              setHostnameAsFQDN: true
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"]}
            """);

        Assert.Equal("peapod: Failed to construct FQDN from pod hostname and cluster domain, FQDN p.front-of-the-house-with-a-very-long-name.default.svc.cluster.local is too long (64 characters is the max, 68 characters requested)\n", result.Error);
        bed.AssertNothingLeft();
    }

    [Fact]
    [Field("spec.hostNetwork")]
    public void A_pod_with_the_hosts_network_has_its_addresses_names_and_ports()
    {
        Run("""
              hostNetwork: true
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "mkdir /w; echo hi > /w/index.html; exec httpd -f -p 127.0.0.1:18391 -h /w"]}
            """);

        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget + "\n", Exec("readlink /proc/self/ns/net"));
        Assert.Equal(new FileInfo("/proc/self/ns/uts").LinkTarget + "\n", Exec("readlink /proc/self/ns/uts"));
        Assert.Equal($"{Environment.MachineName}\n{Environment.MachineName}\n", Exec("hostname; echo $HOSTNAME"));
        Assert.StartsWith("# Written by Peapod (host network).\n", Exec("cat /etc/hosts"), StringComparison.Ordinal);
        PodBed.Until(() => Exec("wget -qO- http://127.0.0.1:18391/ || true") == "hi\n", "it answers");
        Assert.Contains(bed.Ip("p"), PeapodCommand.Start("ip", "-o", "addr").Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{PodBed.Network}/pods"));
    }

    [Fact]
    [Field("spec.shareProcessNamespace")]
    public void Containers_that_share_their_processes_see_and_signal_each_others()
    {
        Run("""
              shareProcessNamespace: true
              terminationGracePeriodSeconds: 0
              containers:
              - {name: a, image: localhost/busybox, command: [sh, -c, "while true; do sleep 0.05; done"], securityContext: {capabilities: {add: [SYS_PTRACE]}}}
              - {name: b, image: localhost/busybox, command: [sleep, "4712"]}
            """);
        const string find = "for p in /proc/[0-9]*; do if [ \"$(tr '\\0' ' ' < $p/cmdline)\" = 'sleep 4712 ' ]; then echo ${p#/proc/}; fi; done";
        var pid = Exec(find).TrimEnd();
        Assert.InRange(int.Parse(pid), 2, int.MaxValue);
        Assert.Equal("yes\n", Exec($"test -e /proc/{pid}/root/etc/hosts && echo yes"));

        Exec($"kill -9 {pid}");
        PodBed.Until(() => bed.Restarts("p", 1) == 1 && bed.Container("p", 1)["state"]!["running"] is not null, "the other runs again");
        Assert.Equal(0, bed.Restarts("p"));

        // Whose parent has ended is the sandbox's child, and does not stay a zombie.
        Exec("sh -c 'sleep 0.1 & exec true'; sleep 0.4");
        Assert.Equal("0\n", Exec("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"));
        var pids = new[] { bed.Pid("p", "a"), bed.Pid("p", "b") };
        bed.Done("stop", "p");
        Assert.All(pids, static pid => Assert.False(PodBed.IsAlive(pid)));
    }

    [Fact]
    [Field("spec.hostPID", "spec.hostIPC")]
    public void A_pod_with_the_hosts_processes_and_ipc_sees_them()
    {
        var mine = Environment.ProcessId;
        Run("""
              hostPID: true
              hostIPC: true
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, "100"]}
            """);

        Assert.Equal($"{mine}\n", Exec($"cut -d ' ' -f 1 /proc/{mine}/stat"));
        Assert.Equal(new FileInfo("/proc/self/ns/pid").LinkTarget + "\n", Exec("readlink /proc/self/ns/pid"));
        Assert.Equal(new FileInfo("/proc/self/ns/ipc").LinkTarget + "\n", Exec("readlink /proc/self/ns/ipc"));
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget + "\n", Exec("readlink /proc/self/ns/net"));
        var pid = bed.Pid("p", "c");
        bed.Done("stop", "-t", "0", "p");
        Assert.False(PodBed.IsAlive(pid));
    }

    [Fact]
    [Field("spec.hostUsers")]
    public void A_pod_with_users_of_its_own_is_root_there_and_nobody_on_the_host()
    {
        Run("""
              hostUsers: false
              volumes: [{name: disk, emptyDir: {}}, {name: ram, emptyDir: {medium: Memory}}]
              containers:
              - {name: a, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: disk, mountPath: /disk}, {name: ram, mountPath: /ram}]}
              - {name: b, image: localhost/busybox, command: [sleep, "100"], securityContext: {runAsUser: 1000}, volumeMounts: [{name: disk, mountPath: /disk}]}
            """);
        var map = Exec("cat /proc/self/uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var first = uint.Parse(map[1]);

        Assert.Equal(("0", "65536\n"), (map[0], map[2]));
        Assert.InRange(first, 1u << 30, (uint)int.MaxValue);
        Assert.Equal("uid=0(root) gid=0(root) groups=0(root)\n", Exec("id"));
        Assert.Contains($"Uid:\t{first}\t", File.ReadAllText($"/proc/{bed.Pid("p", "a")}/status"), StringComparison.Ordinal);
        Assert.Contains($"Uid:\t{first + 1000}\t", File.ReadAllText($"/proc/{bed.Pid("p", "b")}/status"), StringComparison.Ordinal);

        // The image's files are root's, and so is what it writes; on a volume the ids are those that it sees.
        Assert.Equal("0 0\n0 0\n0 0\n", Exec("touch /new /disk/f /ram/f; stat -c '%u %g' /bin/busybox /new /disk/f"));
        Assert.Equal("1000\n", bed.Done("exec", "-c", "b", "p", "--", "sh", "-c", "touch /disk/g && stat -c %u /disk/g"));
        Assert.Equal("0\n", PeapodCommand.Start("stat", "-c", "%u", $"{bed.DataOf("p")}/volumes/disk/f").Output);
        Assert.Equal("one\n", Exec("echo one > /dev/shm/x; cat /dev/shm/x"));
        Assert.Equal(bed.Done("exec", "-c", "b", "p", "--", "readlink", "/proc/self/ns/user"), Exec("readlink /proc/self/ns/user"));

        // What root of the host may, root of the pod may not.
        Assert.Equal("mknod: /x: Operation not permitted\n", Exec("mknod /x b 8 0 2>&1; true"));
        Assert.Single(Directory.GetFileSystemEntries($"{PodBed.Ids}"));
        bed.Done("rm", "-f", "p");
        Assert.Empty(Directory.GetFileSystemEntries($"{PodBed.Ids}"));
    }

    [Fact]
    public void Two_pods_with_users_of_their_own_have_no_id_in_common()
    {
        var maps = new List<string>();
        foreach (var name in new[] { "one", "two" })
        {
            Assert.Equal(0, bed.RunSpec(name, "  hostUsers: false\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]").ExitCode);
            maps.Add(bed.Done("exec", name, "--", "cat", "/proc/self/uid_map"));
        }

        Assert.NotEqual(maps[0], maps[1]);
    }

    [Fact]
    public void A_pod_with_users_of_its_own_keeps_its_range_when_its_sandbox_is_made_anew()
    {
        Run("  hostUsers: false\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]");
        var before = Exec("cat /proc/self/uid_map");

        var sandbox = bed.Sandbox("p");
        PodBed.Kill(sandbox);

        PodBed.Until(() => File.Exists($"{bed.RunOf("p")}/containers/sandbox/process") && bed.Sandbox("p") != sandbox && bed.Pod("exec", "p", "--", "true").ExitCode == 0, "it runs again", 20);
        Assert.Equal(before, Exec("cat /proc/self/uid_map"));
    }

    [Fact]
    public void A_containers_place_in_the_cgroups_is_by_qos_class()
    {
        Run("  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]");

        Assert.EndsWith($"/peapod/besteffort/{bed.OwnerOf("p")}/c\n", File.ReadAllText($"/proc/{bed.Pid("p", "c")}/cgroup"), StringComparison.Ordinal);
        Assert.Equal(0, bed.RunSpec("b", "  containers: [{name: c, image: localhost/busybox, command: [sleep, '100'], resources: {requests: {cpu: 100m, memory: 1Mi, ephemeral-storage: 1Gi}}}]").ExitCode);
        Assert.EndsWith($"/peapod/burstable/{bed.OwnerOf("b")}/c\n", File.ReadAllText($"/proc/{bed.Pid("b", "c")}/cgroup"), StringComparison.Ordinal);
        Assert.InRange(int.Parse(File.ReadAllText($"/proc/{bed.Pid("b", "c")}/oom_score_adj")), 900, 999);
        Assert.Equal("1000\n", File.ReadAllText($"/proc/{bed.Pid("p", "c")}/oom_score_adj"));
    }

    private void Run(string spec)
    {
        var result = bed.RunSpec("p", spec);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private string Exec(string script)
    {
        var result = bed.Pod("exec", "p", "--", "sh", "-c", script);
        Assert.True(result.ExitCode == 0, $"{script}: {result.Error}");
        return result.Output;
    }
}
