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
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["", "warning: skipping \"box:/d/fifo\": a fifo", "warning: skipping symlink: \"box:/d/dangling\" -> \"/nowhere\": it may lead out of what is copied"], result.Error.Split('\n').Order());
        Assert.Equal("one\n", File.ReadAllText($"{target}/sub/file"));
        Assert.Equal(("sub/file", false), (new FileInfo($"{target}/link").LinkTarget, Path.Exists($"{target}/dangling")));
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

    /// <summary>kubectl cp's CVE-2019-1002101 and CVE-2019-11246: a first copy makes a symlink, a second one writes through it.</summary>
    [Fact]
    public void What_comes_out_leads_nowhere_and_a_second_copy_writes_nothing_elsewhere()
    {
        var trap = Directory.CreateDirectory(Path.Combine(bed.Folder, "trap")).FullName;
        var target = Path.Combine(bed.Folder, "out");
        Run();
        Sh($$"""
            mkdir -p /d/sub/deep /tmp/other; cd /d; touch file
            ln -s {{trap}} absolute; ln -s ../trap parent; ln -s . self; ln -s sub/deep inner; ln -s self/../trap through; ln -s inner/../../../trap deeper
            ln -s ../../trap sub/two; ln -s ../self/../trap sub/through; ln -s ../file sub/good; ln -s ../../file sub/deep/good; ln -s loop loop; ln -s ../../.. sub/up
            """);

        var result = Copy("box:/d", target);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            [
                $"warning: skipping symlink: \"box:/d/absolute\" -> \"{trap}\": it may lead out of what is copied",
                "warning: skipping symlink: \"box:/d/deeper\" -> \"inner/../../../trap\": it may lead out of what is copied",
                "warning: skipping symlink: \"box:/d/parent\" -> \"../trap\": it may lead out of what is copied",
                "warning: skipping symlink: \"box:/d/sub/through\" -> \"../self/../trap\": it may lead out of what is copied",
                "warning: skipping symlink: \"box:/d/sub/two\" -> \"../../trap\": it may lead out of what is copied",
                "warning: skipping symlink: \"box:/d/sub/up\" -> \"../../..\": it may lead out of what is copied",
                "warning: skipping symlink: \"box:/d/through\" -> \"self/../trap\": it may lead out of what is copied",
            ],
            result.Error.TrimEnd('\n').Split('\n').Order(StringComparer.Ordinal));
        Assert.Equal(["deep/good", "good", "inner", "loop", "self"], PeapodCommand.Start("find", target, "-type", "l").Output.TrimEnd('\n').Split('\n').Select(link => link[target.Length..].Replace("/sub/", "", StringComparison.Ordinal).TrimStart('/')).Order());

        // Each name that was a symlink is a folder now, with a file that would land where the symlink led.
        Sh("cd /d; for name in absolute parent through sub/two sub/through sub/up inner self loop; do rm $name; mkdir $name; echo x > $name/escaped; done");
        Copy("box:/d/.", target);
        foreach (var name in (string[])["absolute", "parent", "through", "self", "sub/two"])
        {
            Copy("box:/d/file", $"{target}/{name}/escaped");
        }

        Assert.Empty(Directory.GetFileSystemEntries(trap));
        Assert.False(File.Exists(Path.Combine(bed.Folder, "escaped")));
    }

    [Fact]
    public void Only_files_folders_and_symlinks_come_out_and_without_the_rights_of_others()
    {
        Run();
        Sh("mkdir /d; cd /d; echo one > a; ln a b; chmod 6755 a; mknod null c 1 3; mkdir -m 2777 group; mknod disk b 7 0");
        var target = Path.Combine(bed.Folder, "out");

        var result = Copy("box:/d", target);

        Assert.Equal(["", "warning: skipping \"box:/d/disk\": a block device", "warning: skipping \"box:/d/null\": a character device"], result.Error.Split('\n').Order());
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode($"{target}/a"));
        Assert.Equal((UnixFileMode)0b111_111_111, File.GetUnixFileMode($"{target}/group"));
        File.WriteAllText($"{target}/a", "two\n");
        Assert.Equal("one\n", File.ReadAllText($"{target}/b"));
        Assert.Equal(["a", "b", "group"], Directory.GetFileSystemEntries(target).Select(Path.GetFileName).Order());
    }

    /// <summary>A container must not fill the host's disk with what takes no room of its own.</summary>
    [Fact]
    public void A_hole_is_copied_as_a_hole()
    {
        Run();
        Sh("mkdir /d; cd /d; truncate -s 200G empty; echo begin > data; truncate -s 100G data; echo end >> data");
        var target = Path.Combine(bed.Folder, "out");

        Copied("box:/d", target);

        Assert.Equal((200L << 30, (100L << 30) + 4), (new FileInfo($"{target}/empty").Length, new FileInfo($"{target}/data").Length));
        Assert.True(long.Parse(PeapodCommand.Start("du", "-sk", target).Output.Split('\t')[0]) < 1024);
        using var data = File.OpenRead($"{target}/data");
        var end = new byte[5];
        data.Seek(-5, SeekOrigin.End);
        data.ReadExactly(end);
        Assert.Equal("\0end\n"u8, end);

        // Over what is there: nothing of it shines through.
        Copied(bed.Write("full", new string('x', 100_000)), "box:/d/data");
        Sh("cd /d; rm empty; truncate -s 100000 empty");
        Copied("box:/d/empty", $"{target}/data");
        Assert.True(File.ReadAllBytes($"{target}/data").AsSpan().IndexOfAnyExcept((byte)0) < 0 && new FileInfo($"{target}/data").Length == 100_000);
    }

    [Fact]
    public void Folders_nested_without_end_get_a_sentence()
    {
        Run();
        Sh("mkdir /d; cd /d; i=0; while [ $i -lt 1200 ]; do mkdir a; cd a; i=$((i+1)); done");
        var target = Path.Combine(bed.Folder, "out");

        var result = Copy("box:/d", target);

        Assert.Equal(1, result.ExitCode);
        Assert.EndsWith("/a: folders are nested more than 1024 deep\n", result.Error);
        PeapodCommand.Start("rm", "-rf", target);
    }

    [Fact]
    public void What_goes_in_goes_through_no_symlink_of_the_container()
    {
        Run();
        Sh("mkdir /in /secret; ln -s /secret /in/sub; ln -s /secret/file /in/file; ln -s sub /in/again");
        var folder = Directory.CreateDirectory(Path.Combine(bed.Folder, "tree", "sub")).Parent!.FullName;
        File.WriteAllText($"{folder}/sub/x", "x");

        var result = Copy($"{folder}/.", "box:/in");
        Assert.Equal((1, $"peapod: {folder}/./sub: cannot overwrite the non-directory \"sub\" with a directory\n"), (result.ExitCode, result.Error));
        File.WriteAllText(Path.Combine(bed.Folder, "file"), "y");
        Copied(Path.Combine(bed.Folder, "file"), "box:/in/");

        Assert.Equal("y\n0\n", Sh("cat /in/file; echo; ls /secret | wc -l"));
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
