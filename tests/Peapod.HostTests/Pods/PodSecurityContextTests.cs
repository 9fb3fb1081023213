using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class PodSecurityContextTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("spec.containers[].securityContext.privileged")]
    public void A_privileged_container_has_all_that_the_host_has()
    {
        var lines = Run("{privileged: true}", "", "grep CapEff /proc/self/status; head -c 4 /dev/mem | wc -c; test -c /dev/fuse && echo fuse; test -r /proc/keys && cat /proc/keys > /dev/null && echo keys; echo x > /proc/sys/kernel/domainname && echo written; mkdir /sys/fs/cgroup/x && rmdir /sys/fs/cgroup/x && echo cgroup; mkdir -p /mnt; grep -c ' /sys sysfs rw' /proc/mounts; mount -t tmpfs none /mnt && echo mounted").Split('\n');

        Assert.Equal($"CapEff:\t{Grantable():x16}", lines[0]);
        Assert.Equal(File.Exists("/dev/fuse"), lines.Contains("fuse"));
        foreach (var line in new[] { "keys", "written", "cgroup", "1", "mounted" })
        {
            Assert.Contains(line, lines);
        }
    }

    [Fact]
    public void A_usual_container_has_none_of_it()
    {
        var output = Run("{}", "", "cat /proc/keys | wc -l; (echo x > /proc/sys/kernel/domainname) 2>&1; mkdir /sys/fs/cgroup/x 2>&1; echo $(ls /dev)");

        Assert.Equal("0\nsh: can't create /proc/sys/kernel/domainname: Read-only file system\nmkdir: can't create directory '/sys/fs/cgroup/x': Read-only file system\nfd full mqueue null ptmx pts random shm stderr stdin stdout termination-log tty urandom zero\n", output);
    }

    [Theory]
    [InlineData("", "0")]
    [InlineData("allowPrivilegeEscalation: true", "0")]
    [InlineData("allowPrivilegeEscalation: false", "1")]
    [Field("spec.containers[].securityContext.allowPrivilegeEscalation")]
    public void AllowPrivilegeEscalation_false_sets_no_new_privileges(string setting, string expected)
    {
        Assert.Equal($"NoNewPrivs:\t{expected}\n", Run($"{{{setting}}}", "", "grep NoNewPrivs /proc/self/status"));
    }

    [Fact]
    [Field("spec.containers[].securityContext.readOnlyRootFilesystem")]
    public void A_read_only_root_takes_no_file_and_its_volumes_do()
    {
        Assert.Equal("touch: /new: Read-only file system\n1\n", Run("{readOnlyRootFilesystem: true}", "", "touch /new 2>&1; touch /dev/shm/x && ls /dev/shm | wc -l"));
    }

    [Theory]
    [InlineData("{capabilities: {drop: [ALL]}}", "0000000000000000")]
    [InlineData("{capabilities: {drop: [ALL], add: [CHOWN]}}", "0000000000000001")]
    [InlineData("{capabilities: {add: [SYS_TIME]}}", "00000000aa0425fb")]
    [Field("spec.containers[].securityContext.capabilities.add", "spec.containers[].securityContext.capabilities.drop")]
    public void Capabilities_are_added_and_dropped(string container, string expected)
    {
        Assert.Equal($"CapBnd:\t{expected}\n", Run(container, "", "grep CapBnd /proc/self/status"));
    }

    [Theory]
    [InlineData("{}", "{runAsNonRoot: true}", "container has runAsNonRoot and image will run as root (pod: ")]
    [InlineData("{runAsNonRoot: true, runAsUser: 0}", "{}", "container's runAsUser breaks non-root policy (pod: ")]
    [Field("spec.containers[].securityContext.runAsNonRoot", "spec.securityContext.runAsNonRoot")]
    public void A_container_that_must_not_be_root_is_not_started_as_root(string container, string pod, string why)
    {
        var result = Start(container, pod, "true");

        Assert.Contains(why, result.Error + (result.ExitCode == 0 ? bed.Inspect("p").ToJsonString() : ""), StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_that_must_not_be_root_and_is_not_runs()
    {
        Assert.Equal("7\n", Run("{runAsNonRoot: true}", "{runAsUser: 7, runAsNonRoot: false}", "id -u"));
    }

    [Fact]
    [Field("spec.securityContext.runAsUser", "spec.securityContext.runAsGroup", "spec.securityContext.supplementalGroupsPolicy", "spec.securityContext.supplementalGroups", "spec.securityContext.fsGroup")]
    public void Strict_groups_are_the_manifests_alone()
    {
        // The image's /etc/group has user 1000 in groups 4 and 100.
        Assert.Equal("1000 20 30\n", Run("{}", "{runAsUser: 1000, runAsGroup: 1000, supplementalGroups: [20], fsGroup: 30, supplementalGroupsPolicy: Strict}", "id -G"));
        Assert.Equal("1000 4 20 30 100\n", Run("{}", "{runAsUser: 1000, runAsGroup: 1000, supplementalGroups: [20], fsGroup: 30, supplementalGroupsPolicy: Merge}", "id -G"));
    }

    [Fact]
    [Field("spec.containers[].securityContext.procMount")]
    public void An_unmasked_proc_of_a_pod_with_its_own_users_hides_nothing()
    {
        var result = bed.RunSpec("p", """
              restartPolicy: Never
              hostUsers: false
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "grep -c ' /proc/' /proc/mounts; cat /proc/keys > /dev/null && echo keys"], securityContext: {procMount: Unmasked}}
            """);
        Assert.True(result.ExitCode == 0, result.Error);

        Assert.Equal("0\nkeys\n", bed.Done("logs", "-f", "p"));
    }

    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("{}", "{seLinuxOptions: {type: spc_t}}")]
    [InlineData("{appArmorProfile: {type: Unconfined}}", "{}")]
    [InlineData("{}", "{appArmorProfile: {type: Unconfined}}")]
    [Field("spec.containers[].securityContext.appArmorProfile.type", "spec.securityContext.appArmorProfile.type")]
    public void Without_the_modules_runs_what_asks_for_no_confinement(string container, string pod)
    {
        Assert.Equal("ok\n", Run(container, pod, "echo ok"));
    }

    [SkippableTheory]
    [InlineData("{seLinuxOptions: {level: 's0:c1,c2'}}", "{}")]
    [InlineData("{}", "{seLinuxOptions: {user: u}}")]
    [Field("spec.containers[].securityContext.seLinuxOptions", "spec.securityContext.seLinuxOptions")]
    public void A_label_without_SELinux_is_an_error(string container, string pod)
    {
        Skip.If(File.Exists("/sys/fs/selinux/enforce"), "this host has SELinux");

        NeverRuns(Start(container, pod, "true"), "securityContext.seLinuxOptions: SELinux is not enabled on the host");
    }

    [SkippableTheory]
    [InlineData("{appArmorProfile: {type: Localhost, localhostProfile: x}}", "{}")]
    [InlineData("{}", "{appArmorProfile: {type: Localhost, localhostProfile: x}}")]
    [InlineData("{appArmorProfile: {type: RuntimeDefault}}", "{}")]
    [InlineData("{}", "{appArmorProfile: {type: RuntimeDefault}}")]
    [Field("spec.containers[].securityContext.appArmorProfile.localhostProfile", "spec.securityContext.appArmorProfile.localhostProfile")]
    public void A_named_AppArmor_profile_without_AppArmor_is_an_error(string container, string pod)
    {
        SkipWithAppArmor();

        NeverRuns(Start(container, pod, "true"), NotEnabled);
    }

    /// <summary>The same wish in the words of Kubernetes before 1.30.</summary>
    [SkippableTheory]
    [InlineData("c", "localhost/deny-write")]
    [InlineData("c", "runtime/default")]
    [InlineData("i", "localhost/deny-write")]
    public void An_AppArmor_annotation_without_AppArmor_is_an_error(string container, string profile)
    {
        SkipWithAppArmor();

        var result = bed.Pod("run", "-f", bed.Write("p.yaml", $$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: p, annotations: {container.apparmor.security.beta.kubernetes.io/{{container}}: {{profile}} } }
            spec:
              restartPolicy: Never
              containers: [{name: c, image: localhost/busybox, command: [echo, unconfined]}]
              initContainers: [{name: i, image: localhost/busybox, command: ["true"]}]
            """));

        Assert.Contains($"metadata.annotations[container.apparmor.security.beta.kubernetes.io/{container}]: deprecated since v1.30; use the \"appArmorProfile\" field instead", result.Error, StringComparison.Ordinal);
        NeverRuns(result, NotEnabled);
        Assert.Equal("", Directory.Exists(bed.RunOf("p")) ? bed.Pod("logs", "p", "-c", "c").Output : "");
    }

    /// <summary>What tells of the processors' heat tells what others compute (GHSA-6fw5-f8r9-fgfm).</summary>
    [Fact]
    public void Nothing_is_to_be_read_of_interrupts_power_and_heat()
    {
        Assert.Equal("0\n", Run("{}", "", "cat /proc/interrupts /sys/devices/virtual/powercap/*/* /sys/devices/system/cpu/cpu*/thermal_throttle/* 2>/dev/null | wc -c"));
    }

    private const string NotEnabled = "Cannot enforce AppArmor: AppArmor is not enabled on the host";

    private static void SkipWithAppArmor() =>
        Skip.If(File.Exists("/sys/module/apparmor/parameters/enabled") && File.ReadAllText("/sys/module/apparmor/parameters/enabled").StartsWith('Y'), "this host has AppArmor");

    private void NeverRuns(CommandResult result, string why)
    {
        if (result.ExitCode == 0)
        {
            PodBed.Until(() => bed.Inspect("p").ToJsonString().Contains(why, StringComparison.Ordinal), () => bed.Inspect("p").ToJsonString());
        }
        else
        {
            Assert.Contains(why, result.Error, StringComparison.Ordinal);
        }
    }

    private string Run(string container, string pod, string script)
    {
        var result = Start(container, pod, script);
        Assert.True(result.ExitCode == 0, result.Error);
        var logs = bed.Done("logs", "-f", "p");
        bed.Done("rm", "-f", "p");
        return logs;
    }

    private CommandResult Start(string container, string pod, string script) => bed.RunSpec("p", $$"""
          restartPolicy: Never
          securityContext: {{(pod.Length == 0 ? "{}" : pod)}}
          containers:
          - name: c
            image: localhost/busybox
            command: [sh, -c, "{{script}}"]
            securityContext: {{container}}
        """);

    private static ulong Grantable() => Convert.ToUInt64(File.ReadAllLines("/proc/self/status").First(static line => line.StartsWith("CapPrm", StringComparison.Ordinal)).Split('\t')[1], 16);
}
