using Peapod.Container.Mounts;
using static Peapod.Kernel.Interop.Libc;

namespace Peapod.UnitTests.Container;

public class MountOptionsTests
{
    public static TheoryData<string, ulong, ulong> Attributes => new()
    {
        { "ro", MOUNT_ATTR_RDONLY, 0 },
        { "rw", 0, MOUNT_ATTR_RDONLY },
        { "nosuid", MOUNT_ATTR_NOSUID, 0 },
        { "suid", 0, MOUNT_ATTR_NOSUID },
        { "nodev", MOUNT_ATTR_NODEV, 0 },
        { "dev", 0, MOUNT_ATTR_NODEV },
        { "noexec", MOUNT_ATTR_NOEXEC, 0 },
        { "exec", 0, MOUNT_ATTR_NOEXEC },
        { "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
        { "diratime", 0, MOUNT_ATTR_NODIRATIME },
        { "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
        { "symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
        { "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR_ATIME_MASK },
        { "atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR_ATIME_MASK },
        { "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR_ATIME_MASK },
        { "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR_ATIME_MASK },
    };

    [Theory]
    [MemberData(nameof(Attributes))]
    public void An_attribute_is_set_or_cleared_on_the_mount_alone(string option, ulong set, ulong clear)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal((set, clear, 0UL, 0UL), (options.Set, options.Clear, options.RecursiveSet, options.RecursiveClear));
        Assert.Empty(options.Parameters);
    }

    [Theory]
    [MemberData(nameof(Attributes))]
    public void With_an_r_before_it_an_attribute_holds_for_what_is_mounted_below(string option, ulong set, ulong clear)
    {
        var options = MountOptions.Parse([$"r{option}"]);

        Assert.Equal((0UL, 0UL, set, clear), (options.Set, options.Clear, options.RecursiveSet, options.RecursiveClear));
        Assert.Empty(options.Parameters);
    }

    [Theory]
    [InlineData("ro", "rw", 0, MOUNT_ATTR_RDONLY)]
    [InlineData("rw", "ro", MOUNT_ATTR_RDONLY, 0)]
    [InlineData("nosuid", "suid", 0, MOUNT_ATTR_NOSUID)]
    [InlineData("exec", "noexec", MOUNT_ATTR_NOEXEC, 0)]
    [InlineData("noatime", "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("strictatime", "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("noatime", "relatime", 0, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("noatime", "atime", 0, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("strictatime", "nostrictatime", 0, MOUNT_ATTR_ATIME_MASK)]
    [InlineData("noatime", "nostrictatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR_ATIME_MASK)]
    public void Of_two_options_that_contradict_each_other_the_later_holds(string first, string second, ulong set, ulong clear)
    {
        var one = MountOptions.Parse([first, second]);
        var all = MountOptions.Parse([$"r{first}", $"r{second}"]);

        Assert.Equal((set, clear), (one.Set, one.Clear));
        Assert.Equal((set, clear), (all.RecursiveSet, all.RecursiveClear));
    }

    [Fact]
    public void An_attribute_of_the_mount_leaves_the_recursive_one_as_it_is()
    {
        var options = MountOptions.Parse(["rro", "rw"]);

        Assert.Equal((0UL, MOUNT_ATTR_RDONLY), (options.Set, options.Clear));
        Assert.Equal((MOUNT_ATTR_RDONLY, 0UL), (options.RecursiveSet, options.RecursiveClear));
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
    [InlineData("async")]
    [InlineData("loud")]
    [InlineData("silent")]
    [InlineData("nomand")]
    [InlineData("iversion")]
    [InlineData("noiversion")]
    [InlineData("norelatime")]
    [InlineData("nostrictatime")]
    [InlineData("remount")]
    public void Words_of_fstab_without_an_effect_on_a_new_mount_are_dropped(string option)
    {
        var options = MountOptions.Parse([option]);

        Assert.Equal(0UL, options.Set | options.Clear | options.RecursiveSet | options.RecursiveClear | options.Propagation);
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
        Assert.Equal((MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0UL), (options.Set, options.Clear));
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
