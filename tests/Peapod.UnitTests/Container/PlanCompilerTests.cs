using Peapod.Container.Plans;
using Peapod.Container.Printing;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using Peapod.Tests;

namespace Peapod.UnitTests.Container;

public class PlanCompilerTests
{
    [Theory]
    [InlineData("""{"destination": "/data", "type": "bind"}""", "mounts[0].source: a bind mount needs a source")]
    [InlineData("""{"destination": "/data"}""", "mounts[0].type: is missing")]
    [InlineData("""{"destination": "/data", "type": "bind", "source": "/a", "options": ["ro", "idmap"]}""", "mounts[0].options: \"idmap\" needs uidMappings and gidMappings, or a user namespace in linux.namespaces whose mappings it takes")]
    [InlineData("""{"destination": "/data", "type": "bind", "source": "/a", "options": ["ridmap"]}""", "mounts[0].options: \"ridmap\" needs uidMappings and gidMappings, or a user namespace in linux.namespaces whose mappings it takes")]
    [InlineData("""{"destination": "/data", "type": "tmpfs", "options": ["idmap"]}""", "mounts[0].options: the ids of a bind mount can be mapped, not those of tmpfs")]
    [InlineData("""{"destination": "/data", "type": "tmpfs", "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}""", "mounts[0].uidMappings: the ids of a bind mount can be mapped, not those of tmpfs")]
    [InlineData("""{"destination": "/data", "type": "bind", "source": "/a", "options": ["tmpcopyup"]}""", "mounts[0].options: unknown option \"tmpcopyup\" for a bind mount")]
    [InlineData("""{"destination": "/data", "type": "mqueue", "options": ["tmpcopyup"]}""", "mounts[0].options: \"tmpcopyup\" is for a tmpfs, not for mqueue")]
    [InlineData("""{"destination": "/proc/1", "type": "bind", "source": "/a"}""", "mounts[0].destination: \"/proc/1\" is inside /proc, which only the proc file system may fill")]
    [InlineData("""{"destination": "proc/1", "type": "tmpfs"}""", "mounts[0].destination: \"proc/1\" is inside /proc, which only the proc file system may fill")]
    [InlineData("""{"destination": "/proc/", "type": "sysfs"}""", "mounts[0].destination: \"/proc/\" is inside /proc, which only the proc file system may fill")]
    public void A_mount_that_cannot_be_is_told_by_its_field(string mount, string sentence) =>
        Assert.Equal(sentence, Refusal($$$"""{"mounts": [{{{mount}}}], "linux": {"namespaces": [{"type": "mount"}]}}"""));

    [Theory]
    [InlineData("""{"root": {"path": "r", "readonly": true}, "linux": {"namespaces": [{"type": "mount", "path": "/proc/7/ns/mnt"}]}}""", PlanCode.MountAttributes)]
    [InlineData("""{"mounts": [{"destination": "/a", "type": "tmpfs"}], "linux": {"namespaces": [{"type": "mount", "path": "/proc/7/ns/mnt"}]}}""", PlanCode.NewMount)]
    [InlineData("""{"linux": {"maskedPaths": ["/a"], "namespaces": [{"type": "mount", "path": "/proc/7/ns/mnt"}]}}""", PlanCode.Mask)]
    [InlineData("""{"linux": {"readonlyPaths": ["/a"], "namespaces": [{"type": "mount", "path": "/proc/7/ns/mnt"}]}}""", PlanCode.ReadOnly)]
    [InlineData("""{"linux": {"rootfsPropagation": "shared"}}""", PlanCode.Propagation)]
    [InlineData("""{"mounts": [{"destination": "/a", "type": "tmpfs"}]}""", PlanCode.NewMount)]
    public void In_a_shared_mount_namespace_all_hangs_on_a_mount_of_the_root(string spec, PlanCode code)
    {
        var plan = Compile(spec);

        var codes = plan.Init.Select(static operation => operation.Code).ToList();
        Assert.True(codes.IndexOf(PlanCode.AttachRoot) >= 0 && codes.IndexOf(PlanCode.AttachRoot) < codes.IndexOf(code));
        Assert.DoesNotContain(PlanCode.Pivot, codes);
        Assert.DoesNotContain(plan.Init, static operation => operation is { Code: PlanCode.Propagation, C: 1 });
        Assert.Equal(1UL, plan.Init.Single(static operation => operation.Code == PlanCode.Chroot).A);
        Assert.NotNull(plan.SharedRoot);
    }

    [Fact]
    public void A_namespace_by_path_is_tried_before_the_user_namespace_and_after_it()
    {
        var plan = Compile("""
            {"linux": {"namespaces": [{"type": "user"}, {"type": "network", "path": "/n"}, {"type": "pid", "path": "/p"}, {"type": "mount"}, {"type": "time"}],
             "uidMappings": [{"containerID": 0, "hostID": 5, "size": 7}], "gidMappings": [{"containerID": 0, "hostID": 5, "size": 7}]}}
            """);

        // Tried: PID and network; what is left: network, and right before the end PID. No sibling is born into that one.
        Assert.Equal(
            [(PlanCode.Setns, Libc.CLONE_NEWPID, 1), (PlanCode.Setns, Libc.CLONE_NEWNET, 1), (PlanCode.Unshare, Libc.CLONE_NEWUSER, 0), (PlanCode.Setns, Libc.CLONE_NEWNET, 2),
             (PlanCode.Unshare, Libc.CLONE_NEWTIME, 0), (PlanCode.Unshare, Libc.CLONE_NEWNS, 0), (PlanCode.Setns, Libc.CLONE_NEWPID, 2)],
            plan.Init.Where(static operation => operation.Code is PlanCode.Setns or PlanCode.Unshare or PlanCode.Spawn).Select(static operation => (operation.Code, operation.A, (int)operation.B)));
        Assert.Contains(plan.Init, static operation => operation.Code == PlanCode.EnterTime);
    }

    [Theory]
    [InlineData("""[{"containerID": 0, "hostID": 5, "size": 7}]""", 0)]
    [InlineData("""[{"containerID": 9, "hostID": 5, "size": 7}, {"containerID": 0, "hostID": 50, "size": 7}]""", 0)]
    [InlineData("""[{"containerID": 9, "hostID": 5, "size": 7}]""", 9 | (9UL << 32))]
    public void Without_a_root_the_first_of_the_users_sets_up(string mappings, ulong expected) =>
        Assert.Equal(expected, Compile($$$"""{"linux": {"namespaces": [{"type": "user"}, {"type": "mount"}], "uidMappings": {{{mappings}}}, "gidMappings": {{{mappings}}}}}""")
            .Init.Single(static operation => operation.Code == PlanCode.MapUsers).C);

    [Fact]
    public void A_listen_pid_of_the_configuration_stays()
    {
        var spec = DefaultSpec.Create();
        spec = spec with { Process = spec.Process! with { Terminal = false, Env = ["LISTEN_PID=7"] } };

        Assert.Equal(["LISTEN_PID=7", "LISTEN_FDS=2"], PlanCompiler.Compile(Request(spec) with { ListenFds = 2 }).Init[^1].Environment!.Where(static entry => entry.StartsWith("LISTEN", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", "context=a:b:c,d")]
    [InlineData("rootcontext", "rootcontext=a:b:c,d")]
    [InlineData("fscontext", "fscontext=a:b:c,d")]
    public void An_annotation_says_which_kind_of_context_the_mount_label_is(string type, string parameter)
    {
        var annotations = type.Length == 0 ? "" : $$""" "annotations": {"run.oci.mount_context_type": "{{type}}"}, """;
        var plan = Compile($$$"""{{{{annotations}}} "mounts": [{"destination": "/data", "type": "tmpfs"}], "linux": {"mountLabel": "a:b:c,d", "maskedPaths": ["/x"], "namespaces": [{"type": "mount"}]}}""");

        Assert.Contains(parameter, plan.Init.Single(static operation => operation.Code == PlanCode.NewMount).List!);
        Assert.Equal(parameter, plan.Init.Single(static operation => operation.Code == PlanCode.Mask).Data);
    }

    [Fact]
    public void A_service_is_told_of_its_sockets_and_of_where_to_say_that_it_is_ready()
    {
        var spec = DefaultSpec.Create();
        spec = spec with { Process = spec.Process! with { Terminal = false, Env = ["LISTEN_FDS=9", "A=b", "NOTIFY_SOCKET=/elsewhere"] } };
        var request = new PlanRequest { Id = "id", Spec = spec, Bundle = "/bundle", CgroupMount = "/sys/fs/cgroup" };

        var service = PlanCompiler.Compile(request with { ListenFds = 2, PreserveFds = 1, NotifyFolder = "/state/notify" });
        var other = PlanCompiler.Compile(request with { PreserveFds = 1 });

        Assert.Equal(["LISTEN_FDS=2", "A=b", "NOTIFY_SOCKET=/run/notify/notify.sock", "LISTEN_PID=1"], service.Init[^1].Environment);
        Assert.Equal(["LISTEN_FDS=9", "A=b", "NOTIFY_SOCKET=/elsewhere"], other.Init[^1].Environment);
        Assert.Equal((3UL, 1UL), (Kept(service), Kept(other)));
        var mount = Assert.Single(service.Host.OfType<CloneMountStep>(), static step => step.Source == "/state/notify");
        Assert.Equal(Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC, mount.Set);

        static ulong Kept(Plan plan) => plan.Init.Single(static operation => operation.Code == PlanCode.CloseFds).B;
    }

    [Fact]
    public void A_new_file_system_gets_its_attributes_and_parameters()
    {
        var operation = Mount("""{"destination": "/data", "type": "tmpfs", "source": "src", "options": ["nosuid", "rnodev", "noexec", "exec", "noatime", "size=5", "rslave"]}""");

        Assert.Equal(("tmpfs", "/data"), (operation.Source, operation.Path));
        Assert.Equal(["source=src", "size=5"], operation.List);
        Assert.Equal(Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOATIME, operation.A);
        Assert.Equal(0UL, operation.B);
        Assert.Equal(Libc.MS_SLAVE | (1UL << 32), operation.C);
    }

    [Theory]
    [InlineData("""{"destination": "/data", "type": "tmpfs", "options": ["mode=755"]}""", 0)]
    [InlineData("""{"destination": "/data", "type": "tmpfs", "options": ["tmpcopyup"]}""", (1UL << 32) | (1UL << 33))]
    [InlineData("""{"destination": "/data", "type": "mqueue"}""", 0)]
    [InlineData("""{"destination": "/proc", "type": "proc"}""", 1UL << 34)]
    public void What_a_new_file_system_takes_from_its_place(string mount, ulong expected) => Assert.Equal(expected, Mount(mount).C);

    [Theory]
    [InlineData("proc", Libc.RESOLVE_NO_SYMLINKS)]
    [InlineData("sysfs", Libc.RESOLVE_NO_SYMLINKS)]
    [InlineData("tmpfs", 0)]
    public void The_kernels_own_file_systems_are_mounted_through_no_symlink(string type, ulong expected) =>
        Assert.Equal(expected, Mount($$"""{"destination": "/data", "type": "{{type}}", "options": ["mode=1"]}""").B);

    [Theory]
    [InlineData("""["rbind"]""", true, Libc.MS_SLAVE, true)]
    [InlineData("""["bind"]""", false, Libc.MS_SLAVE, false)]
    [InlineData("""["rbind", "private"]""", true, Libc.MS_PRIVATE, false)]
    [InlineData("""["rbind", "rshared"]""", true, Libc.MS_SHARED, true)]
    [InlineData("""[]""", false, Libc.MS_SLAVE, false)]
    public void A_bind_mount_is_a_clone_with_its_propagation(string options, bool recursive, ulong propagation, bool propagationRecursive)
    {
        var step = Compile(With($$"""{"destination": "/data", "type": "bind", "source": "inner/../data", "options": {{options}}}""")).Host.OfType<CloneMountStep>().Last();

        Assert.Equal(("/bundle/data", recursive, propagation, propagationRecursive, false), (step.Source, step.Recursive, step.Propagation, step.PropagationRecursive, step.ProcOnly));
    }

    [Fact]
    public void The_environment_has_each_name_once_at_its_first_place_with_its_last_value()
    {
        var plan = Compile("""{"process": {"args": ["a"], "cwd": "/", "env": ["A=1", "AB=2", "B=", "A=3", "AB=", "B==x", "HOME=", "C=HOME=1"]}}""");

        Assert.Equal(["A=3", "AB=", "B==x", "C=HOME=1"], plan.Init.Single(static operation => operation.Code == PlanCode.Exec).Environment);
        Assert.Contains(plan.Init, static operation => operation.Code == PlanCode.Home);
    }

    [Fact]
    public void The_same_configuration_gives_the_same_plan()
    {
        var spec = DefaultSpec.Create();

        Assert.Equal(
            PlanPrinter.ToJson(PlanCompiler.Compile(Request(spec)), "/c", spec.Linux!.Resources),
            PlanPrinter.ToJson(PlanCompiler.Compile(Request(spec)), "/c", spec.Linux!.Resources));
    }

    [Fact]
    [Covers("linux.mountLabel")]
    public void A_mount_label_is_a_parameter_but_of_file_systems_that_are_labelled_otherwise()
    {
        foreach (var (type, parameters, data) in new[] { ("tmpfs", "context=a:b:c,d", null), ("devpts", "context=a:b:c,d", null), ("mqueue", "", "a:b:c,d"), ("proc", "", null), ("sysfs", "", null) })
        {
            var operation = Compile($$$"""{"mounts": [{"destination": "/data", "type": "{{{type}}}"}], "linux": {"mountLabel": "a:b:c,d", "maskedPaths": ["/x"], "namespaces": [{"type": "mount"}]}}""").Init;

            var mount = operation.Single(static operation => operation.Code == PlanCode.NewMount);
            Assert.Equal((type, parameters, data), (type, string.Join(' ', mount.List!), mount.Data));
            Assert.Equal("context=a:b:c,d", operation.Single(static operation => operation.Code == PlanCode.Mask).Data);
        }
    }

    [Theory]
    [InlineData("""["rbind"]""", false, false)]
    [InlineData("""["rbind", "idmap"]""", true, false)]
    [InlineData("""["rbind", "idmap", "ridmap"]""", true, true)]
    public void Ids_are_mapped_by_the_containers_mappings(string options, bool maps, bool recursive)
    {
        var plan = Compile($$$"""
            {"mounts": [{"destination": "/data", "type": "bind", "source": "/a", "options": {{{options}}}}],
             "linux": {"namespaces": [{"type": "mount"}, {"type": "user"}],
                       "uidMappings": [{"containerID": 0, "hostID": 5, "size": 7}], "gidMappings": [{"containerID": 1, "hostID": 6, "size": 8}]}}
            """);

        var made = plan.Host.OfType<MakeUserNamespaceStep>().ToArray();
        var clone = plan.Host.OfType<CloneMountStep>().Last();
        Assert.Equal((maps ? 1 : 0, recursive), (made.Length, clone.IdMapRecursive));
        Assert.Equal(made.FirstOrDefault()?.Slot, clone.IdMap);
        Assert.All(made, static step => Assert.Equal((5u, 8u), (step.UidMappings[0].HostID, step.GidMappings[0].Size)));
    }

    [Fact]
    public void Ids_are_mapped_by_a_user_namespace_that_is_joined()
    {
        var plan = Compile("""
            {"mounts": [{"destination": "/data", "type": "bind", "source": "/a", "options": ["idmap"]}],
             "linux": {"namespaces": [{"type": "mount"}, {"type": "user", "path": "/proc/7/ns/user"}]}}
            """);

        var clone = plan.Host.OfType<CloneMountStep>().Last();
        Assert.Equal("/proc/7/ns/user", plan.Host.OfType<OpenNamespaceStep>().Single(step => step.Slot == clone.IdMap).Path);
    }

    [Fact]
    public void A_memory_policy_is_laid_out_as_the_kernel_reads_it()
    {
        var operation = Compile("""{"linux": {"memoryPolicy": {"mode": "MPOL_INTERLEAVE", "nodes": "0,65", "flags": ["MPOL_F_RELATIVE_NODES"]}}}""")
            .Init.Single(static operation => operation.Code == PlanCode.MemoryPolicy);

        Assert.Equal((3UL | (1 << 14), 128UL, "01000000000000000200000000000000"), (operation.A, operation.B, Convert.ToHexString(operation.Bytes.Span)));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(""", "path": "/proc/7/ns/time" """, true)]
    public void A_new_time_namespace_is_entered_after_its_clocks_are_set(string path, bool joins)
    {
        var offsets = joins ? "{}" : """{"boottime": {"secs": 1}}""";
        var codes = Compile($$"""{"linux": {"namespaces": [{"type": "time"{{path}} }], "timeOffsets": {{offsets}} } }""").Init.Select(static operation => operation.Code);

        PlanCode[] expected = joins ? [PlanCode.Setsid, PlanCode.Setns] : [PlanCode.Setsid, PlanCode.Unshare, PlanCode.Sync, PlanCode.EnterTime];
        Assert.Equal(expected, codes.Take(expected.Length));
        Assert.DoesNotContain(PlanCode.EnterTime, codes.Skip(expected.Length));
    }

    private static InitOperation Mount(string mount) => Compile(With(mount)).Init.Single(static operation => operation.Code == PlanCode.NewMount);

    private static string With(string mount) => $$$"""{"mounts": [{{{mount}}}], "linux": {"namespaces": [{"type": "mount"}]}}""";

    private static string Refusal(string spec) => Assert.Throws<SpecException>(() => Compile(spec)).Message;

    [Fact]
    public void Hooks_stand_where_the_spec_has_them_around_the_pivot_and_before_the_exec()
    {
        var plan = Compile("""
            {"linux": {"namespaces": [{"type": "mount"}]}, "annotations": {"key": "\"pid\":1"},
             "hooks": {"prestart": [{"path": "/a"}], "createRuntime": [{"path": "/b"}],
                       "createContainer": [{"path": "/c", "args": ["c", "d"], "env": ["E=1"], "timeout": 5}], "startContainer": [{"path": "/s"}]}}
            """);

        Assert.Equal(
            [PlanCode.Sync, PlanCode.Hook, PlanCode.Pivot, PlanCode.Sync, PlanCode.Hook, PlanCode.Exec],
            plan.Init.Select(static operation => operation.Code).Where(static code => code is PlanCode.Sync or PlanCode.Hook or PlanCode.Pivot or PlanCode.Exec));
        Assert.Equal("have the runtime's hooks run \"/a\" \"/b\"", plan.Init.First(static operation => operation.Code == PlanCode.Sync).Text);
        var (create, start) = (plan.Init.First(static operation => operation.Code == PlanCode.Hook), plan.Init[^2]);
        Assert.Equal(("hooks.createContainer[0]", "/c", 5UL, 0UL), (create.Field, create.Path, create.B, create.C));
        Assert.Equal(["c", "d"], create.List);
        Assert.Equal(["E=1"], create.Environment);
        Assert.Equal("""{"ociVersion":"1.3.0","id":"id","status":"creating","pid":""", create.Source);
        Assert.Equal(""","bundle":"/bundle","annotations":{"key":"\"pid\":1"}}""", create.Data);
        Assert.Equal(("hooks.startContainer[0]", "/s", 0UL, 1UL), (start.Field, start.Path, start.B, start.C));
        Assert.Equal(["/s"], start.List);
    }

    [Fact]
    public void Scheduling_is_laid_out_as_the_kernel_reads_it()
    {
        var plan = Compile("""
            {"process": {"args": ["true"], "cwd": "/",
                         "scheduler": {"policy": "SCHED_BATCH", "nice": -5, "flags": ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_KEEP_POLICY"]},
                         "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 7}},
             "linux": {"personality": {"domain": "LINUX32"}}}
            """);

        var attributes = plan.Init.Single(static operation => operation.Code == PlanCode.Scheduler).Bytes.ToArray();
        Assert.Equal("30000000" + "03000000" + "0900000000000000" + "FBFFFFFF" + new string('0', 56), Convert.ToHexString(attributes));
        Assert.Equal((3UL << 13) | 7, plan.Init.Single(static operation => operation.Code == PlanCode.IoPriority).A);
        Assert.Equal(8UL, plan.Init.Single(static operation => operation.Code == PlanCode.Personality).A);
    }

    internal static Plan Compile(string text)
    {
        var spec = Spec.Parse(System.Text.Encoding.UTF8.GetBytes(text));
        return PlanCompiler.Compile(Request(spec with
        {
            OciVersion = "1.0.0",
            Root = spec.Root ?? new Root { Path = "rootfs" },
            Process = spec.Process ?? new Process { Args = ["true"], Cwd = "/" },
        }));
    }

    private static PlanRequest Request(Spec spec) => new() { Id = "id", Spec = spec, Bundle = "/bundle", CgroupMount = "/sys/fs/cgroup" };
}
