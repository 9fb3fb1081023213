using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>`pod cp`: what arrives, and that nothing of a container's can lead it out of there.</summary>
public sealed class CopyTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string script = "sleep 100", string more = "") => Assert.Equal(0, bed.RunSpec("box", $$"""
          terminationGracePeriodSeconds: 0
          containers:
          - {name: a, image: localhost/busybox, workingDir: /tmp, command: [sh, -c, "{{script}}"]{{more}}}
          - {name: b, image: localhost/busybox, command: [sleep, "100"]}
        """).ExitCode);

    private string Sh(string script) => bed.Done("exec", "-c", "a", "box", "--", "sh", "-c", script);

    private CommandResult Copy(string source, string target) => bed.Pod("cp", "-c", "a", source, target);

    private void Copied(string source, string target)
    {
        var result = Copy(source, target);
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public void A_file_goes_in_and_comes_out_with_its_mode_and_time()
    {
        Run();
        var file = bed.Write("note", "hello\n");
        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_000);
        File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));

        Copied(file, "box:/etc/");
        Copied(file, "box:other");
        Copied("box:/etc/note", Path.Combine(bed.Folder, "back"));

        Assert.Equal("hello\n640 1577934245\n", Sh("cat /etc/note; stat -c '%a %Y' /etc/note"));
        Assert.Equal("hello\n", Sh("cat /tmp/other"));
        Assert.Equal("hello\n", File.ReadAllText(Path.Combine(bed.Folder, "back")));
        Assert.Equal(((UnixFileMode)0b110_100_000, 2020), (File.GetUnixFileMode(Path.Combine(bed.Folder, "back")), File.GetLastWriteTimeUtc(Path.Combine(bed.Folder, "back")).Year));
    }

    [Fact]
    public void A_folder_goes_with_all_that_is_in_it()
    {
        Run("mkdir -p /d/sub; echo one > /d/sub/file; ln -s sub/file /d/link; ln -s /nowhere /d/dangling; mkfifo /d/fifo; touch /d/$(printf 'a\\\\377b'); chmod 4755 /d/sub/file; chmod 500 /d/sub; sleep 100");
        PodBed.Until(() => bed.Pod("exec", "-c", "a", "box", "--", "test", "-e", "/d/fifo").ExitCode == 0, "it is made");
        Thread.Sleep(100);
        var target = Path.Combine(bed.Folder, "out");

        var result = Copy("box:/d", target);
        Assert.Equal((0, "warning: skipping \"box:/d/fifo\": a fifo\n"), (result.ExitCode, result.Error));
        Assert.Equal("one\n", File.ReadAllText($"{target}/sub/file"));
        Assert.Equal(("sub/file", "/nowhere"), (new FileInfo($"{target}/link").LinkTarget, new FileInfo($"{target}/dangling").LinkTarget));
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode($"{target}/sub/file"));
        Assert.Equal((UnixFileMode)0b101_000_000, File.GetUnixFileMode($"{target}/sub"));

        // Into what is there: below it; with /. what is in it.
        Copied(target, "box:/tmp");
        Copied($"{target}/.", "box:/tmp");
        Assert.Equal("one\none\nsub/file\n3\n", Sh("cat /tmp/out/sub/file /tmp/sub/file; readlink /tmp/link; ls -d /tmp/out/a*b /tmp/a*b /d/a*b | wc -l"));

        // .NET cannot name what is not UTF-8.
        PeapodCommand.Start("rm", "-rf", target);
    }

    [Fact]
    public void What_goes_in_belongs_to_the_containers_user()
    {
        Run(more: ", securityContext: {runAsUser: 1234, runAsGroup: 99}");

        Copied(bed.Write("note", "hello\n"), "box:/tmp/note");

        Assert.Equal("1234 99\n", Sh("stat -c '%u %g' /tmp/note"));
    }

    [Fact]
    public void Symlinks_on_the_way_stay_in_the_container()
    {
        Run("ln -s / /tmp/root; ln -s ../../../../../../ /tmp/up; ln -s /etc/hostname /tmp/name; ln -s /proc/sys/kernel/domainname /tmp/domain; sleep 100");
        PodBed.Until(() => bed.Pod("exec", "-c", "a", "box", "--", "test", "-L", "/tmp/domain").ExitCode == 0, "it is made");
        var file = bed.Write("escaped", "x");
        var mark = $"peapod-cp-{Guid.NewGuid():N}";
        File.Move(file, Path.Combine(bed.Folder, mark));

        Copied(Path.Combine(bed.Folder, mark), "box:/tmp/root/etc/");
        Copied(Path.Combine(bed.Folder, mark), "box:/tmp/up/var/");
        Copied(Path.Combine(bed.Folder, mark), "box:/../../etc/..");

        Assert.False(File.Exists($"/etc/{mark}") || File.Exists($"/var/{mark}") || File.Exists($"/{mark}"));
        Assert.Equal("", Sh($"ls /etc/{mark} /var/{mark} /{mark} > /dev/null"));
        Copied("box:/tmp/name", Path.Combine(bed.Folder, "name"));
        Assert.Equal("box\n", File.ReadAllText(Path.Combine(bed.Folder, "name")));
        var refused = Copy(Path.Combine(bed.Folder, mark), "box:/tmp/domain");
        Assert.Equal((1, "peapod: box:/tmp/domain: is in a file system of the kernel's; nothing is copied there\n"), (refused.ExitCode, refused.Error));
    }

    /// <summary>docker cp's CVE-2018-15664: a folder that becomes a symlink between the check and the use.</summary>
    [Fact]
    public void A_folder_that_turns_into_a_symlink_and_back_leads_nowhere_else()
    {
        var mark = $"peapod-race-{Guid.NewGuid():N}";
        var trap = Directory.CreateDirectory($"/tmp/{mark}.trap").FullName;
        try
        {
            Run($"mkdir -p /race/dir {trap}; ln -s {trap} /race/link; cd /race; while true; do mv dir x; mv link dir; mv dir link; mv x dir; done");
            var file = bed.Write(mark, "x");
            var arrived = 0;
            for (var attempt = 0; attempt < 60; attempt++)
            {
                arrived += Copy(file, "box:/race/dir/").ExitCode == 0 ? 1 : 0;
                Copy("box:/race/dir/.", Path.Combine(bed.Folder, "back"));
            }

            Assert.InRange(arrived, 1, 60);
            Assert.Empty(Directory.GetFileSystemEntries(trap));
        }
        finally
        {
            Directory.Delete(trap, recursive: true);
        }
    }

    [Fact]
    public void What_cannot_be_copied_is_named()
    {
        Run();
        var file = bed.Write("note", "x");

        Assert.Equal($"peapod: one of SRC and DEST must be POD:PATH, and the other a local path\n  SRC is \"{file}\", DEST is \"/tmp/x\"\n", Copy(file, "/tmp/x").Error);
        Assert.Equal("peapod: box:/nothing: No such file or directory\n", Copy("box:/nothing", bed.Folder).Error);
        Assert.Equal("peapod: /no/such: No such file or directory\n", Copy("/no/such", "box:/tmp").Error);
        Assert.Equal("peapod: box:/no/such/place: No such file or directory\n  the folder it is to be in is not there\n", Copy(file, "box:/no/such/place").Error);
        Assert.Equal("peapod: box:/new/: No such file or directory\n  a path that ends in / must be a folder that is there\n", Copy(file, "box:/new/").Error);
        Assert.Equal("peapod: box:/etc/hosts: Not a directory\n", Copy(bed.Folder, "box:/etc/hosts").Error);
        Assert.Equal("peapod: pods \"nobody\" not found\n", Copy(file, "nobody:/tmp").Error);
        Assert.Equal("peapod: \":x\": the pod's name is missing\n  expected PATH or POD:PATH\n", Copy(file, ":x").Error);
        bed.Done("stop", "-t", "0", "box");
        Assert.Equal("peapod: container a of pod box is not running\n", Copy(file, "box:/tmp").Error);
    }

    [Fact]
    public void A_folder_is_not_copied_into_itself()
    {
        var folder = Directory.CreateDirectory(Path.Combine(bed.Folder, "shared")).FullName;
        File.WriteAllText($"{folder}/file", "x");
        Assert.Equal(0, bed.RunSpec("box", $$"""
              terminationGracePeriodSeconds: 0
              containers: [{name: a, image: localhost/busybox, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v}]}]
              volumes:
              - name: v
                hostPath: {path: "{{folder}}" }
            """).ExitCode);

        var result = Copy(folder, "box:/v/copy");

        Assert.Equal((0, $"warning: skipping \"{folder}/copy\": it is where the copy goes\n"), (result.ExitCode, result.Error));
        Assert.Equal(["copy", "file"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());
        Assert.Equal(["file"], Directory.GetFileSystemEntries($"{folder}/copy").Select(Path.GetFileName));
    }

    [Fact]
    public void The_kernels_file_systems_are_left_out()
    {
        Run();

        var result = Copy("box:/", Path.Combine(bed.Folder, "all"));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("warning: skipping \"box:/proc\": a file system of the kernel's\n", result.Error);
        Assert.Contains("warning: skipping \"box:/sys\": a file system of the kernel's\n", result.Error);
        Assert.True(File.Exists(Path.Combine(bed.Folder, "all", "bin", "busybox")));
        Assert.False(Directory.Exists(Path.Combine(bed.Folder, "all", "proc")));
    }
}
