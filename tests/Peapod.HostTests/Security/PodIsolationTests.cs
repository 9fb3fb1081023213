using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;
using Peapod.HostTests.Image;

namespace Peapod.HostTests.Security;

/// <summary>What has gone wrong where pods are made of manifests and images.</summary>
public sealed class PodIsolationTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    /// <summary>CVE-2020-15257.</summary>
    [Fact]
    public void A_pod_with_the_hosts_network_reaches_no_socket_of_the_supervisors()
    {
        var before = Abstract(File.ReadAllText("/proc/net/unix"));
        Run("p", "  hostNetwork: true\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]");

        var seen = bed.Done("exec", "p", "--", "cat", "/proc/net/unix");
        Assert.Equal(before, Abstract(seen));
        Assert.Equal((UnixFileMode)0x1c0, File.GetUnixFileMode(bed.RunOf("p")));
        Assert.NotEqual(0, bed.Pod("exec", "p", "--", "ls", $"{bed.RunOf("p")}/control").ExitCode);

        static string[] Abstract(string table) => [.. table.Split('\n').Where(static line => line.Contains(" @", StringComparison.Ordinal)).Select(static line => line.Split(" @")[1]).Order()];
    }

    /// <summary>CVE-2023-6476, CVE-2024-3154, CVE-2026-53488.</summary>
    [Fact]
    public void No_annotation_of_a_manifest_and_no_label_of_an_image_reaches_the_runtime()
    {
        Load("localhost/labelled", configuration: static config => config["Labels"] = new JsonObject
        {
            ["org.systemd.property.MemoryMax"] = "1", ["run.oci.handler"] = "krun", ["io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw"] = "true",
        });
        var result = bed.Pod("run", "-f", bed.Write("p.yaml", """
            apiVersion: v1
            kind: Pod
            metadata:
              name: p
              annotations:
                org.systemd.property.MemoryMax: "1"
                run.oci.handler: krun
                run.oci.hooks.stderr: /tmp/x
                io.kubernetes.cri-o.Devices: /dev/mem
                io.kubernetes.cri-o.UnifiedCgroup.c: memory.max=1
                peapod.seccomp: unconfined
            spec:
              containers: [{name: c, image: localhost/labelled, command: [sleep, "100"]}]
            """));
        Assert.True(result.ExitCode == 0, result.Error);

        foreach (var container in new[] { "sandbox", "c" })
        {
            var text = File.ReadAllText($"{bed.RunOf("p")}/containers/{container}/config.json");
            Assert.Null(JsonNode.Parse(text)!["annotations"]);
            foreach (var word in new[] { "org.systemd", "run.oci", "krun", "cri-o", "/dev/mem", "peapod.seccomp" })
            {
                Assert.DoesNotContain(word, text, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>CVE-2024-5154: hosts, hostname and resolv.conf are mounted where the image has symlinks that lead out.</summary>
    [Fact]
    public void Generated_files_go_through_no_symlink_of_an_image_to_the_host()
    {
        var canary = Directory.CreateDirectory(Path.Combine(bed.Folder, "canary")).FullName;
        File.WriteAllText($"{canary}/hosts", "canary\n");
        Load("localhost/linked", tar => tar.Directory("etc/").Symlink("etc/hosts", $"{canary}/hosts").Symlink("etc/hostname", $"../../../../..{canary}/new").Symlink("etc/resolv.conf", "/proc/self/root/etc/absent"));

        var result = bed.RunSpec("p", "  containers: [{name: c, image: localhost/linked, command: [/bin/busybox, sleep, '100']}]");

        Assert.Equal("canary\n", File.ReadAllText($"{canary}/hosts"));
        Assert.Equal(["hosts"], Directory.GetFileSystemEntries(canary).Select(Path.GetFileName));
        if (result.ExitCode == 0)
        {
            Assert.DoesNotContain("canary", bed.Pod("exec", "p", "--", "/bin/busybox", "cat", "/etc/hosts").Output, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains("/etc/", result.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>CVE-2022-4318, CVE-2026-15809: whatever variables hold, files that the runtime makes hold nothing of it.</summary>
    [Fact]
    public void Line_ends_in_variables_reach_no_generated_file()
    {
        Run("p", """
              containers:
              - name: c
                image: localhost/busybox
                command: [sleep, "100"]
                env:
                - {name: HOME, value: "/root\nevil:x:0:0::/:/bin/sh"}
                - {name: HOSTNAME, value: "a\n6.6.6.6 bank"}
            """);

        var files = bed.Done("exec", "p", "--", "sh", "-c", "cat /etc/passwd /etc/hosts /etc/hostname /etc/resolv.conf /etc/group");
        Assert.DoesNotContain("evil", files, StringComparison.Ordinal);
        Assert.DoesNotContain("6.6.6.6", files, StringComparison.Ordinal);
    }

    /// <summary>CVE-2022-0811.</summary>
    [Theory]
    [InlineData("kernel.shm_rmid_forced", "1+kernel.core_pattern=|/x", "the value may not have a '+'")]
    [InlineData("kernel.shm_rmid_forced", "1\\nkernel.core_pattern=|/x", "the value may not have control characters")]
    [InlineData("net.ipv4.tcp_syncookies", "1\\0", "p.yaml:6: ")]
    [InlineData("kernel.core_pattern", "|/x", "not allowlisted")]
    public void No_kernel_parameter_of_the_hosts_is_set_by_a_pod(string name, string value, string why)
    {
        var before = File.ReadAllText("/proc/sys/kernel/core_pattern");

        var result = bed.RunSpec("p", $$"""
              securityContext: {sysctls: [{name: {{name}}, value: "{{value}}"}]}
              containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]
            """);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/core_pattern"));
        bed.AssertNothingLeft();
    }

    private void Run(string name, string spec)
    {
        var result = bed.RunSpec(name, spec);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    /// <summary>An image with busybox and what a test puts beside it.</summary>
    private void Load(string name, Action<TarBuilder>? files = null, Action<JsonObject>? configuration = null)
    {
        var busybox = File.ReadAllBytes(PeapodCommand.Start("sh", "-c", "command -v busybox").Output.Trim());
        var tar = new TarBuilder().Directory("bin/").File("bin/busybox", busybox, 0x1ed).Symlink("bin/sleep", "busybox").Symlink("bin/sh", "busybox");
        files?.Invoke(tar);
        var layout = new LayoutBuilder(Directory.CreateDirectory(Path.Combine(bed.Folder, Guid.NewGuid().ToString("N"))).FullName)
        {
            Configuration = document => configuration?.Invoke((JsonObject)(document["config"] ??= new JsonObject())),
        };
        layout.Add(name, tar.Build());
        var loaded = bed.Image("load", "--tag", name, layout.Finish());
        Assert.True(loaded.ExitCode == 0, loaded.Error);
    }
}
