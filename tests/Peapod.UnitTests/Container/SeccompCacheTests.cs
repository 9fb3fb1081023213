using Peapod.Container.Seccomp;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public sealed class SeccompCacheTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-seccomp-").FullName;
    private readonly List<string> compiled = [];

    [Fact]
    public void A_profile_is_compiled_once()
    {
        var first = Get("SCMP_ACT_ALLOW");
        var second = Get("SCMP_ACT_ALLOW");

        Assert.Equal(["SCMP_ACT_ALLOW"], compiled);
        Assert.Equal(first.Flags, second.Flags);
        Assert.Equal(first.Program.ToArray(), second.Program.ToArray());
    }

    [Fact]
    public void Another_profile_has_its_own_filter()
    {
        var first = Get("SCMP_ACT_ALLOW");
        var second = Get("SCMP_ACT_LOG");

        Assert.NotEqual(first.Program.ToArray(), second.Program.ToArray());
        Assert.Equal(first.Program.ToArray(), Get("SCMP_ACT_ALLOW").Program.ToArray());
        Assert.Equal(2, compiled.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(12)]
    [InlineData(30)]
    public void A_file_that_was_cut_off_is_not_used(int length)
    {
        Get("SCMP_ACT_ALLOW");
        var file = Assert.Single(Directory.GetFiles(folder));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..length]);

        Get("SCMP_ACT_ALLOW");
        Get("SCMP_ACT_ALLOW");

        Assert.Equal(2, compiled.Count);
    }

    /// <summary>A filter that was altered by one bit may be one that lets everything through.</summary>
    [Fact]
    public void A_file_with_another_byte_anywhere_is_not_used()
    {
        Get("SCMP_ACT_ALLOW");
        var file = Assert.Single(Directory.GetFiles(folder));
        var whole = File.ReadAllBytes(file);
        for (var i = 0; i < whole.Length; i++)
        {
            compiled.Clear();
            byte[] altered = [.. whole];
            altered[i] ^= 0x41;
            File.WriteAllBytes(file, altered);

            Get("SCMP_ACT_ALLOW");

            Assert.Single(compiled);
        }
    }

    [Fact]
    public void What_others_could_have_written_is_not_used()
    {
        Get("SCMP_ACT_ALLOW");
        var file = Assert.Single(Directory.GetFiles(folder));
        File.SetUnixFileMode(file, (UnixFileMode)0b110_000_010);
        Get("SCMP_ACT_ALLOW");
        var elsewhere = Directory.CreateTempSubdirectory("peapod-seccomp-").FullName;
        try
        {
            File.Move(file, $"{elsewhere}/filter");
            File.CreateSymbolicLink(file, $"{elsewhere}/filter");
            Get("SCMP_ACT_ALLOW");
            Get("SCMP_ACT_ALLOW");
        }
        finally
        {
            Directory.Delete(elsewhere, recursive: true);
        }

        Assert.Equal(3, compiled.Count);
        Assert.Null(new FileInfo(file).LinkTarget);
    }

    [Fact]
    public void Under_the_name_of_another_profile_nothing_is_taken()
    {
        Get("SCMP_ACT_ALLOW");
        var file = Assert.Single(Directory.GetFiles(folder));
        Get("SCMP_ACT_LOG");
        File.Copy(Assert.Single(Directory.GetFiles(folder), path => path != file), file, overwrite: true);

        Assert.Equal(Compile(new LinuxSeccomp { DefaultAction = "SCMP_ACT_ALLOW" }).Program.ToArray(), Get("SCMP_ACT_ALLOW").Program.ToArray());
    }

    [Fact]
    public void The_folder_does_not_grow_without_end()
    {
        for (var i = 0; i < SeccompCache.Most + 5; i++)
        {
            Get($"SCMP_ACT_{i}");
        }

        Assert.Equal(SeccompCache.Most, Directory.GetFiles(folder).Length);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private SeccompFilter Get(string action) => new SeccompCache(folder, Compile).Get(new LinuxSeccomp { DefaultAction = action });

    private SeccompFilter Compile(LinuxSeccomp seccomp)
    {
        compiled.Add(seccomp.DefaultAction);
        var program = new byte[16];
        System.Text.Encoding.ASCII.GetBytes(seccomp.DefaultAction.AsSpan(^Math.Min(16, seccomp.DefaultAction.Length)..), program);
        return new SeccompFilter(program, 4);
    }
}
