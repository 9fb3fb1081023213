using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>What hides the kernel's files is the host's own null device and an empty tmpfs, whatever an image has in their places.</summary>
public sealed class MaskTests
{
    [Theory]
    [InlineData("/proc/sys/kernel/core_pattern")]
    [InlineData("/etc/passwd")]
    public void A_null_device_of_the_image_masks_nothing(string target)
    {
        using var bundle = new Bundle("sh", "-c", "stat -c '%F %t:%T' /proc/keys; wc -c </proc/keys; (echo x >/proc/sys/kernel/core_pattern) 2>&1");
        var pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Directory.CreateDirectory(bundle.PathInRootfs("dev"));
        File.CreateSymbolicLink(bundle.PathInRootfs("dev/null"), target);

        var result = bundle.Run();

        Assert.StartsWith("character special file 1:3\n0\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", result.Output, StringComparison.Ordinal);
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    [Fact]
    public void A_null_device_that_is_a_symlink_is_refused_where_no_dev_is_mounted()
    {
        using var bundle = new Bundle("true");
        bundle.Edit(static config =>
        {
            var mounts = config["mounts"]!.AsArray();
            foreach (var mount in mounts.Where(static mount => ((string)mount!["destination"]!).StartsWith("/dev", StringComparison.Ordinal)).ToArray())
            {
                mounts.Remove(mount);
            }
        });
        Directory.CreateDirectory(bundle.PathInRootfs("dev"));
        File.Delete(bundle.PathInRootfs("dev/null"));
        File.CreateSymbolicLink(bundle.PathInRootfs("dev/null"), "/proc/sys/kernel/core_pattern");

        var result = bundle.Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cannot make the device \"/dev/null\": ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux.maskedPaths", "cannot mask")]
    [InlineData("linux.readonlyPaths", "cannot make")]
    public void A_directory_in_the_place_of_proc_is_no_reason_to_leave_a_path_open(string field, string sentence)
    {
        // A hook does what a racer on a shared root file system would: it moves proc away, after it was mounted and before the masks.
        using var bundle = new Bundle("true");
        bundle.Set("linux.maskedPaths", "[]").Set("linux.readonlyPaths", "[]").Set(field, """["/proc/keys"]""");
        bundle.Set("hooks", """{"createContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "mount -t tmpfs none proc"]}]}""");

        var result = bundle.Run();

        Assert.Contains($"config.json: {field}[0]: {sentence} \"/proc/keys\"", result.Error, StringComparison.Ordinal);
        Assert.Contains("somebody changes the root file system meanwhile", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public void A_masked_path_that_the_kernel_does_not_have_is_no_error()
    {
        using var bundle = new Bundle("echo", "runs");
        bundle.Set("linux.maskedPaths", """["/proc/no-such", "/sys/no/such", "/nowhere", "//proc/./keys"]""");
        Assert.Equal("runs\n", bundle.RunOutput());
    }

    [Fact]
    public void Masks_and_read_only_paths_stay_under_a_remount_by_the_given_capabilities()
    {
        using var bundle = new Bundle("sh", "-c", "umount /proc/keys; mount -o remount,rw /proc/sys; (echo x >/proc/sys/kernel/domainname); wc -c </proc/keys");
        Assert.EndsWith("0\n", bundle.Run().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sys")]
    [InlineData("/sys/")]
    [InlineData("//sys/./")]
    public void A_whole_file_system_is_masked_however_its_path_is_written(string path)
    {
        using var bundle = new Bundle("ls", "/sys");
        bundle.Set("linux.maskedPaths", $"[\"{path}\"]");
        Assert.Equal("", bundle.RunOutput());
    }
}
