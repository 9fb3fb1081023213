using System.Text;
using Mono.Unix.Native;
using Peapod.Image;
using Peapod.Image.Layers;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.HostTests.Image;

/// <summary>Layers of random members from names that lead astray: each is unpacked or refused in a sentence, and nothing outside is touched.</summary>
public sealed class RandomLayerTests : IDisposable
{
    private static readonly string[] Names =
    [
        "a", "b", "a/b", "a/b/c", "b/a", "l", "l/a", "l/b/c", "l/l", "m", "m/a", "m/../b", "up", "up/a", "up/x", "proc", "proc/a", "./", "/", "..", "a/..", "a/../../x",
        ".wh.a", ".wh.b", ".wh.l", "a/.wh.b", "a/.wh..wh..opq", ".wh..wh..opq", ".wh..wh.plnk/1", ".wh.", "l/.wh.a", "up/.wh.x", "a/.wh.b/c", "x", "a/x",
    ];

    private readonly StoreFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_members_stay_inside(int seed)
    {
        var random = new Random(seed);
        var folder = $"/dev/shm/{Path.GetFileName(fixture.Folder)}";
        Assert.Equal(0, Syscall.mkdir(folder, FilePermissions.S_IRWXU));
        var (unpacked, refused) = (0, 0);
        try
        {
            File.WriteAllText($"{folder}/x", "mine");
            for (var round = 0; round < 500; round++)
            {
                var layer = RandomLayer(random, folder);
                Assert.Equal(0, Syscall.mkdir($"{folder}/tree", FilePermissions.S_IRWXU));
                using (var tree = FileSystem.Open($"{folder}/tree", Libc.O_RDONLY | Libc.O_DIRECTORY))
                {
                    try
                    {
                        LayerUnpacker.Unpack(new MemoryStream(layer), tree, new(), "layer");
                        unpacked++;
                        Assert.DoesNotContain(Directory.GetFileSystemEntries($"{folder}/tree", ".wh.*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }), _ => true);
                    }
                    catch (ImageException error)
                    {
                        Assert.StartsWith("layer: ", error.Message, StringComparison.Ordinal);
                        refused++;
                    }
                }

                Assert.Equal(0, Syscall.lstat($"{folder}/x", out var victim));
                Assert.Equal((FilePermissions.S_IFREG | (FilePermissions)0x1a4, 0u, 1ul, 4L), (victim.st_mode, victim.st_uid, victim.st_nlink, victim.st_size));
                Assert.Equal(["tree", "x"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());
                FileTree.Remove($"{folder}/tree");
            }
        }
        finally
        {
            FileTree.Remove(folder);
        }

        Assert.InRange(unpacked, 20, 480);
        Assert.InRange(refused, 20, 480);
    }

    private static byte[] RandomLayer(Random random, string outside)
    {
        string[] targets = ["a", "a/b", "../x", "../../x", "/x", outside, $"{outside}/x", "l", ".", "..", "/proc/self/root", "", "b", "up/x", "/l/../.."];
        var tar = new TarBuilder();
        for (var count = random.Next(1, 9); count > 0; count--)
        {
            var name = Names[random.Next(Names.Length)];
            var target = targets[random.Next(targets.Length)];
            switch (random.Next(7))
            {
                case 0:
                    tar.Add(name, content: "theirs", mode: 0x9ff, uid: 9);
                    break;
                case 1:
                    tar.Directory(name, 0x1ff, 9, 9);
                    break;
                case 2 or 3:
                    tar.Symlink(name, target);
                    break;
                case 4:
                    tar.HardLink(name, target);
                    break;
                case 5:
                    tar.Add(name, "346"[random.Next(3)], major: random.Next(2), minor: random.Next(2));
                    break;
                default:
                    tar.Add("x", 'x', $"{12 + Encoding.UTF8.GetByteCount(target)} linkpath={target}\n").Add(name, content: "theirs");
                    break;
            }
        }

        return tar.Build();
    }
}
