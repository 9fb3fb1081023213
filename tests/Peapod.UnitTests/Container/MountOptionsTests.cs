using Peapod.Container.Mounts;
using static Peapod.Kernel.Interop.Libc;

namespace Peapod.UnitTests.Container;

public class MountOptionsTests
{
    private const ulong Plain = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;
    private const ulong AccessTimes = MOUNT_ATTR_ATIME_MASK | MOUNT_ATTR_NODIRATIME;

    /// <summary>Which attributes a word sets, and clears, where it holds for what is mounted below.</summary>
    public static TheoryData<string, ulong, ulong> Recursive => new()
    {
        { "rro", MOUNT_ATTR_RDONLY, 0 },
        { "rrw", 0, MOUNT_ATTR_RDONLY },
        { "rnosuid", MOUNT_ATTR_NOSUID, 0 },
        { "rsuid", 0, MOUNT_ATTR_NOSUID },
        { "rnodev", MOUNT_ATTR_NODEV, 0 },
        { "rdev", 0, MOUNT_ATTR_NODEV },
        { "rnoexec", MOUNT_ATTR_NOEXEC, 0 },
        { "rexec", 0, MOUNT_ATTR_NOEXEC },
        { "rnodiratime", MOUNT_ATTR_NODIRATIME, 0 },
        { "rdiratime", 0, MOUNT_ATTR_NODIRATIME },
        { "rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
        { "rsymfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
        { "rnoatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR_ATIME_MASK },
        { "ratime", MOUNT_ATTR_RELATIME, MOUNT_ATTR_ATIME_MASK },
        { "rrelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR_ATIME_MASK },
        { "rstrictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR_ATIME_MASK },
    };

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("rbind rprivate defaults", 0, 0)]
    [InlineData("ro", MOUNT_ATTR_RDONLY, Plain & ~MOUNT_ATTR_RDONLY)]
    [InlineData("rw", 0, Plain)]
    [InlineData("nosuid nodev", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, Plain & ~(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV))]
    [InlineData("exec", 0, Plain)]
    [InlineData("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, Plain & ~MOUNT_ATTR_NOSYMFOLLOW)]
    [InlineData("atime", 0, Plain)]
    [InlineData("diratime", 0, Plain)]
    [InlineData("norelatime", 0, Plain)]
    [InlineData("nostrictatime", 0, Plain)]
    [InlineData("noatime", MOUNT_ATTR_NOATIME, Plain | AccessTimes)]
    [InlineData("relatime", MOUNT_ATTR_RELATIME, Plain | AccessTimes)]
    [InlineData("strictatime", MOUNT_ATTR_STRICTATIME, Plain | AccessTimes)]
    [InlineData("nodiratime", MOUNT_ATTR_NODIRATIME, Plain | MOUNT_ATTR_ATIME_MASK)]
    [InlineData("silent", 0, Plain)]
    [InlineData("async", 0, Plain)]
    public void An_option_about_flags_ends_those_of_a_bind_mounts_source_that_none_names(string options, ulong set, ulong clear)
    {
        var parsed = MountOptions.Parse(options.Split(' '));

        Assert.Equal((set, clear, 0UL, 0UL), (parsed.Set, parsed.Clear, parsed.RecursiveSet, parsed.RecursiveClear));
        Assert.Empty(parsed.Parameters);
    }

    [Theory]
    [InlineData("ro rw", 0, MOUNT_ATTR_RDONLY)]
    [InlineData("rw ro", MOUNT_ATTR_RDONLY, 0)]
    [InlineData("nosuid suid", 0, MOUNT_ATTR_NOSUID)]
    [InlineData("exec noexec", MOUNT_ATTR_NOEXEC, 0)]
    [InlineData("noatime strictatime", MOUNT_ATTR_STRICTATIME, 0)]
    [InlineData("strictatime noatime", MOUNT_ATTR_STRICTATIME, 0)]
    [InlineData("noatime relatime", MOUNT_ATTR_NOATIME, 0)]
    [InlineData("noatime atime", 0, 0)]
    [InlineData("strictatime nostrictatime", 0, 0)]
    [InlineData("noatime nostrictatime", MOUNT_ATTR_NOATIME, 0)]
    public void Of_two_options_the_later_holds_and_of_access_times_the_one_that_mount_prefers(string options, ulong set, ulong clearNamed)
    {
        var parsed = MountOptions.Parse(options.Split(' '));

        Assert.Equal((set, clearNamed), (parsed.Set, parsed.ClearNamed));
    }

    [Theory]
    [MemberData(nameof(Recursive))]
    public void With_an_r_before_it_an_attribute_holds_for_what_is_mounted_below(string option, ulong set, ulong clear)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal((0UL, 0UL, set, clear), (options.Set, options.Clear, options.RecursiveSet, options.RecursiveClear));
        Assert.Empty(options.Parameters);
    }

    [Theory]
    [InlineData("rro", "rrw", 0, MOUNT_ATTR_RDONLY)]
    [InlineData("rnoatime", "rstrictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("rstrictatime", "rnoatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("rnoatime", "rrelatime", 0, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("rstrictatime", "rnostrictatime", 0, MOUNT_ATTR_ATIME_MASK)]
    public void Of_two_recursive_options_that_contradict_each_other_the_later_holds(string first, string second, ulong set, ulong clear)
    {
        var options = MountOptions.Parse([first, second]);

        Assert.Equal((set, clear), (options.RecursiveSet, options.RecursiveClear));
    }

    [Fact]
    public void An_attribute_of_the_mount_leaves_the_recursive_one_as_it_is()
    {
        var options = MountOptions.Parse(["rro", "rw"]);

        Assert.Equal((0UL, MOUNT_ATTR_RDONLY), (options.Set, options.ClearNamed));
        Assert.Equal((MOUNT_ATTR_RDONLY, 0UL), (options.RecursiveSet, options.RecursiveClear));
    }

    [Theory]
    [InlineData("src-nofollow", true, false, false)]
    [InlineData("dest-nofollow", false, true, false)]
    [InlineData("copy-symlink", false, false, true)]
    public void Cruns_words_on_symlinks_are_known(string option, bool source, bool target, bool copy)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal((source, target, copy), (options.KeepsSourceLink, options.KeepsTargetLink, options.CopiesLink));
        Assert.Empty(options.Parameters);
    }

    [Theory]
    [InlineData("shared", MS_SHARED, false)]
    [InlineData("rshared", MS_SHARED, true)]
    [InlineData("slave", MS_SLAVE, false)]
    [InlineData("rslave", MS_SLAVE, true)]
    [InlineData("private", MS_PRIVATE, false)]
    [InlineData("rprivate", MS_PRIVATE, true)]
    [InlineData("unbindable", MS_UNBINDABLE, false)]
    [InlineData("runbindable", MS_UNBINDABLE, true)]
    public void Propagation_is_taken_with_its_reach(string option, ulong propagation, bool recursive)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal((propagation, recursive), (options.Propagation, options.PropagationRecursive));
        Assert.Empty(options.Parameters);
    }

    [Fact]
    public void Without_a_word_on_propagation_there_is_none()
    {
        var options = MountOptions.Parse(["rbind", "ro"]);

        Assert.Equal((0UL, false), (options.Propagation, options.PropagationRecursive));
    }

    [Theory]
    [InlineData("bind", true, false)]
    [InlineData("rbind", true, true)]
    [InlineData("ro", false, false)]
    public void A_bind_mount_is_known_by_its_option(string option, bool bind, bool recursive)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal((bind, recursive), (options.IsBind, options.IsRecursiveBind));
    }

    [Fact]
    public void No_options_are_no_bind_no_attributes_and_no_parameters()
    {
        var options = MountOptions.Parse(null);

        Assert.False(options.IsBind);
        Assert.Equal(0UL, options.Set | options.Clear | options.RecursiveSet | options.RecursiveClear | options.Propagation);
        Assert.Empty(options.Parameters);
    }

    [Theory]
    [InlineData("")]
    [InlineData("defaults")]
    [InlineData("auto")]
    [InlineData("noauto")]
    [InlineData("nofail")]
    [InlineData("_netdev")]
    [InlineData("user")]
    [InlineData("nouser")]
    [InlineData("users")]
    [InlineData("remount")]
    public void Words_of_fstab_without_an_effect_on_a_new_mount_are_dropped(string option)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal(0UL, options.Set | options.Clear | options.RecursiveSet | options.RecursiveClear | options.Propagation);
        Assert.Empty(options.Parameters);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("loud")]
    [InlineData("silent")]
    [InlineData("nomand")]
    [InlineData("iversion")]
    [InlineData("noiversion")]
    [InlineData("norelatime")]
    [InlineData("nostrictatime")]
    [InlineData("nolazytime")]
    public void Words_that_only_end_the_flags_of_a_source_set_none(string option)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal(0UL, options.Set | options.RecursiveSet | options.RecursiveClear | options.Propagation);
        Assert.NotEqual(0UL, options.Clear);
        Assert.Empty(options.Parameters);
    }

    [Theory]
    [InlineData("size=65536k")]
    [InlineData("mode=755")]
    [InlineData("gid=5")]
    [InlineData("newinstance")]
    [InlineData("ptmxmode=0666")]
    [InlineData("sync")]
    [InlineData("dirsync")]
    [InlineData("lazytime")]
    [InlineData("mand")]
    [InlineData("lowerdir=/a:/b")]
    [InlineData("context=\"a,b\"")]
    [InlineData("r")]
    [InlineData("ra")]
    [InlineData("rsize=8192")]
    [InlineData("rbinding")]
    [InlineData("RO")]
    [InlineData("ro=vfs")]
    public void What_is_none_of_mounts_own_words_goes_to_the_file_system(string option)
    {
        var options = MountOptions.Parse(["nosuid", option, "nodev"]);

        Assert.Equal([option], options.Parameters);
        Assert.Equal(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, options.Set);
        Assert.Equal(0UL, options.RecursiveSet | options.RecursiveClear);
    }

    [Fact]
    public void Parameters_keep_their_order_and_their_repetitions()
    {
        var options = MountOptions.Parse(["b=2", "ro", "a=1", "b=3"]);

        Assert.Equal(["b=2", "a=1", "b=3"], options.Parameters);
    }

    [Fact]
    public void Tmpcopyup_is_for_us_and_not_for_the_file_system()
    {
        var options = MountOptions.Parse(["tmpcopyup", "mode=700"]);

        Assert.True(options.CopiesUp);
        Assert.Equal(["mode=700"], options.Parameters);
    }
}
