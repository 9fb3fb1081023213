using Mono.Unix.Native;

namespace Peapod.HostTests.Harness;

/// <summary>What can become of a file: a crash, a full disk, an editor, another version, a slip of the hand.</summary>
internal static class Damage
{
    internal static readonly string[] Kinds = ["missing", "empty", "half", "garbage", "newer", "huge", "directory", "fifo", "socket", "loop", "dangling"];

    /// <summary>Puts something of that kind in the file's place.</summary>
    internal static void Do(string path, string kind)
    {
        // Reading a fifo would wait, and a socket cannot be opened.
        var before = Syscall.lstat(path, out var status) == 0 && (status.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFREG && status.st_size < 1 << 20 ? File.ReadAllBytes(path) : [];
        if (new FileInfo(path).LinkTarget is not null || Path.Exists(path))
        {
            File.Delete(path);
        }

        switch (kind)
        {
            case "missing":
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "half":
                File.WriteAllBytes(path, before[..(before.Length / 2)]);
                break;
            case "garbage":
                var random = new Random(4);
                var bytes = new byte[3000];
                random.NextBytes(bytes);
                File.WriteAllBytes(path, bytes);
                break;
            case "newer":
                File.WriteAllText(path, """{"id": {"version": 7}, "metadata": 3, "phase": ["Asleep"], "manifests": "none", "schemaVersion": 9}""");
                break;
            case "huge":
                using (var file = File.Create(path))
                {
                    file.SetLength(5L << 30);
                }

                break;
            case "directory":
                Directory.CreateDirectory($"{path}/within");
                break;
            case "fifo":
                Assert.Equal(0, Syscall.mkfifo(path, FilePermissions.DEFFILEMODE));
                break;
            case "socket":
                Assert.Equal(0, Syscall.mknod(path, FilePermissions.S_IFSOCK | FilePermissions.DEFFILEMODE, 0));
                break;
            case "loop":
                File.CreateSymbolicLink(path, Path.GetFileName(path));
                break;
            case "dangling":
                File.CreateSymbolicLink(path, "/no/such/file");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    /// <summary>A sentence, not a trace, and not the last resort's either.</summary>
    internal static void AssertSaid(CommandResult result)
    {
        // 255 is exec's word for its own failure.
        Assert.Contains(result.ExitCode, new[] { 0, 1, 255 });
        Assert.DoesNotContain("   at ", result.Error + result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected failure", result.Error, StringComparison.Ordinal);
    }
}
