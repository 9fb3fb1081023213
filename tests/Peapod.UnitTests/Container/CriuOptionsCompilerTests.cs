using Peapod.Container.Criu;
using Peapod.Container.Plans;
using Peapod.Oci;
using Peapod.Tests;

namespace Peapod.UnitTests.Container;

/// <summary>What criu is asked for, by the configuration and the flags.</summary>
public class CriuOptionsCompilerTests
{
    private static readonly ImageOptions Images = new() { Images = "/images" };

    private static readonly DumpFacts Facts = new()
    {
        Pid = 12,
        Rootfs = "/bundle/rootfs",
        Cgroup = "/sys/fs/cgroup/c",
        ImagesFd = 5,
        PlaceOf = static path => path == "/gone" ? null : (path == "/link" ? "/real" : path, path == "/proc/folder"),
        Inode = static (_, _) => 4026531840,
    };

    private static readonly RestoreFacts Places = new()
    {
        ImagesFd = 5,
        Root = "/run/peapod/c/criu-root",
        CgroupRoot = "/c",
        CgroupMount = "/sys/fs/cgroup",
        NotifyFolder = "/run/peapod/c/notify",
        NullDevice = "/run/peapod/c/null",
        Descriptors = [],
        NamespaceFd = static (_, _) => 9,
    };

    [Fact]
    public void Bind_mounts_are_named_by_the_configuration_where_the_container_has_them()
    {
        var spec = Make() with
        {
            Mounts =
            [
                new() { Destination = "/proc", Type = "proc", Source = "proc" },
                new() { Destination = "/link", Type = "bind", Source = "data" },
                new() { Destination = "/x/../etc/hosts", Type = "none", Source = "/srv/hosts", Options = ["rbind"] },
                new() { Destination = "/gone", Type = "bind", Source = "/gone" },
            ],
        };

        var dumped = CriuOptionsCompiler.Dump(spec, new(Images), Facts).ExternalMounts;
        var restored = CriuOptionsCompiler.Restore(Request(spec), Places).ExternalMounts;

        Assert.Contains(new("/real", "/link"), dumped);
        Assert.Contains(new("/x/../etc/hosts", "/etc/hosts"), dumped);
        Assert.DoesNotContain(dumped, static mount => mount.Value is "/gone" or "/proc");
        Assert.Contains(new("/link", "/bundle/data"), restored);
        Assert.Contains(new("/etc/hosts", "/srv/hosts"), restored);
    }

    [Fact]
    public void Masked_files_are_the_null_device_and_masked_folders_the_images()
    {
        var spec = Make();
        spec = spec with { Linux = spec.Linux! with { MaskedPaths = ["/proc/keys", "/proc/folder", "/gone"] } };

        var dumped = CriuOptionsCompiler.Dump(spec, new(Images), Facts).ExternalMounts;
        var restored = CriuOptionsCompiler.Restore(Request(spec), Places).ExternalMounts;

        Assert.Contains(new("/proc/keys", "/dev/null"), dumped);
        Assert.DoesNotContain(dumped, static mount => mount.Key is "/proc/folder" or "/gone");
        Assert.Single(restored, static mount => mount is { Key: "/dev/null", Value: "/run/peapod/c/null" });
    }

    [Fact]
    public void A_cgroup_mount_is_the_hosts_only_without_a_cgroup_namespace()
    {
        var spec = Make() with { Mounts = [new() { Destination = "/sys/fs/cgroup", Type = "cgroup", Source = "cgroup" }] };
        var shared = spec with { Linux = spec.Linux! with { Namespaces = [new() { Type = "mount" }] } };

        Assert.DoesNotContain(CriuOptionsCompiler.Dump(spec, new(Images), Facts).ExternalMounts, static mount => mount.Key == "/sys/fs/cgroup");
        Assert.Contains(new("/sys/fs/cgroup", "/sys/fs/cgroup"), CriuOptionsCompiler.Dump(shared, new(Images), Facts).ExternalMounts);
        Assert.Contains(new("/sys/fs/cgroup", "/sys/fs/cgroup"), CriuOptionsCompiler.Restore(Request(shared), Places).ExternalMounts);
    }

    [Fact]
    public void Network_and_pid_namespaces_by_path_are_inherited_and_others_joined()
    {
        var spec = Make();
        spec = spec with
        {
            Linux = spec.Linux! with
            {
                Namespaces = [new() { Type = "network", Path = "/run/net" }, new() { Type = "pid", Path = "/run/pid" }, new() { Type = "uts", Path = "/run/uts" }, new() { Type = "mount" }],
            },
        };

        var dumped = CriuOptionsCompiler.Dump(spec, new(Images), Facts);
        var restored = CriuOptionsCompiler.Restore(Request(spec), Places);

        Assert.Equal(["net[4026531840]:extRootNetNS", "pid[4026531840]:extRootPidNS"], dumped.External);
        Assert.Equal([new("extRootNetNS", 9), new("extRootPidNS", 9)], restored.InheritedFds);
        Assert.Equal([new("uts", "/run/uts")], restored.JoinedNamespaces);
    }

    [Theory]
    [InlineData("cgroup")]
    [InlineData("mount")]
    public void A_namespace_that_criu_cannot_restore_into_is_told_by_its_field(string type)
    {
        var spec = Make();
        spec = spec with { Linux = spec.Linux! with { Namespaces = [new() { Type = "pid" }, new() { Type = type, Path = "/run/ns" }] } };

        Assert.Equal("linux.namespaces[1].path", Assert.Throws<SpecException>(() => CriuOptionsCompiler.Restore(Request(spec), Places)).Field);
    }

    [Fact]
    public void Streams_that_were_pipes_are_those_of_the_command_and_nothing_else_of_the_image_is_believed()
    {
        var places = Places with { Descriptors = ["/etc/shadow", "pipe:[77]", "internal:pipe:[78]"] };

        Assert.Equal([new("pipe:[77]", 1)], CriuOptionsCompiler.Restore(Request(Make()), places).InheritedFds);
    }

    [Theory]
    [InlineData("pipe:[1]", true)]
    [InlineData("pipe:[]", false)]
    [InlineData("pipe:[1", false)]
    [InlineData("pipe:[1]x", false)]
    [InlineData("pipe:[1a]", false)]
    [InlineData("socket:[1]", false)]
    public void A_pipe_is_known_by_its_link(string link, bool expected) => Assert.Equal(expected, CriuOptionsCompiler.IsPipe(link));

    [Theory]
    [InlineData(null, "/etc/criu/runc.conf")]
    [InlineData("", null)]
    [InlineData("/srv/own.conf", "/srv/own.conf")]
    public void The_annotation_names_crius_file_of_options(string? annotation, string? file)
    {
        var spec = annotation is null ? Make() : Make() with { Annotations = new Dictionary<string, string> { ["org.criu.config"] = annotation } };

        Assert.Equal(file, CriuOptionsCompiler.Dump(spec, new(Images), Facts).ConfigFile);
    }

    [Fact]
    [Covers("restore --lsm-profile", "restore --lsm-mount-context")]
    public void Flags_are_criu_s_options()
    {
        var images = Images with { TcpEstablished = true, ExtUnixSk = true, ShellJob = true, FileLocks = true, LazyPages = true, AutoDedup = true, CgroupsMode = CgroupsMode.Full };
        var request = new CheckpointRequest(images) { LeaveRunning = true, TcpSkipInFlight = true, LinkRemap = true, PageServer = ("10.0.0.1", 77) };

        var options = CriuOptionsCompiler.Dump(Make(), request, Facts);
        var restored = CriuOptionsCompiler.Restore(Request(Make()) with { Options = images, LsmProfile = "apparmor:x", LsmMountContext = "y" }, Places);

        Assert.True(options is { TcpEstablished: true, ExtUnixSk: true, ShellJob: true, FileLocks: true, LazyPages: true, AutoDedup: true, LeaveRunning: true, TcpSkipInFlight: true, LinkRemap: true });
        Assert.Equal((("10.0.0.1", 77), CgroupsMode.Full, "/sys/fs/cgroup/c", 12), (options.PageServer, options.CgroupsMode, options.FreezeCgroup, options.Pid));
        Assert.True(restored is { TcpEstablished: true, ExtUnixSk: true, ShellJob: true, FileLocks: true, LazyPages: true, AutoDedup: true, RestoreSibling: true });
        Assert.Equal(("apparmor:x", "y", "/c", CgroupsMode.Full), (restored.LsmProfile, restored.LsmMountContext, restored.CgroupRoot, restored.CgroupsMode));
    }

    [Fact]
    public void A_dump_before_the_dump_looks_at_memory_alone_and_one_after_it_goes_on_from_there()
    {
        var first = CriuOptionsCompiler.Dump(Make(), new(Images) { PreDump = true }, Facts);
        var second = CriuOptionsCompiler.Dump(Make(), new(Images) { Parent = "../first" }, Facts);

        Assert.Empty(first.ExternalMounts);
        Assert.Equal((false, null), (first.TrackMemory, first.ParentImages));
        Assert.Equal((true, "../first"), (second.TrackMemory, second.ParentImages));
        Assert.NotEmpty(second.ExternalMounts);
    }

    [Fact]
    public void Mount_points_are_made_as_a_creation_makes_them_and_by_nothing_but_mounts()
    {
        var spec = Make() with { Mounts = [new() { Destination = "/data", Type = "bind", Source = "/srv", Options = ["bind", "idmap"] }] };

        var plan = MountPointPlan.Compile(new PlanRequest { Id = "c", Spec = spec, Bundle = "/bundle", CgroupMount = "/sys/fs/cgroup" })!;

        Assert.Equal(0x20000UL, plan.CloneFlags);
        Assert.Equal(PlanCode.Sync, plan.Init[^1].Code);
        Assert.Contains(plan.Init, static operation => operation is { Code: PlanCode.Attach, Path: "/data" });
        Assert.DoesNotContain(plan.Init, static operation => operation.Code is PlanCode.Exec or PlanCode.Pivot or PlanCode.Hook);
    }

    private static Spec Make() => DefaultSpec.Create() with { Mounts = [] };

    private static RestoreRequest Request(Spec spec) => new() { Id = "c", Spec = spec, SpecJson = default, Bundle = "/bundle", Options = Images };
}
