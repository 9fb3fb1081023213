using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>The terminal is the container's own, whatever lies at its names.</summary>
public sealed class ConsoleTests
{
    [Theory]
    [InlineData("dev/console", "/proc/sysrq-trigger")]
    [InlineData("dev/console", "/etc/passwd")]
    [InlineData("dev/pts", "/etc")]
    [InlineData("dev/ptmx", "/proc/sys/kernel/core_pattern")]
    public void An_images_symlink_in_the_terminals_places_changes_nothing(string place, string target)
    {
        using var bundle = new Bundle("sh", "-c", "tty; stat -c '%F %t' /dev/console; stat -c %F /etc/passwd; cat /proc/sys/kernel/core_pattern >/dev/null && echo end");
        Directory.CreateDirectory(bundle.PathInRootfs("dev"));
        File.CreateSymbolicLink(bundle.PathInRootfs(place), target);
        bundle.Set("process.terminal", "true");

        using var terminal = Terminal.Receive(bundle.Folder, socket =>
            Assert.Equal("", bundle.Peapod("run", "--detach", "--bundle", bundle.Folder, "--console-socket", socket, bundle.Id).Error));
        bundle.WaitFor("stopped");

        terminal.WaitFor("end\r\n");
        Assert.Equal("/dev/pts/0\r\ncharacter special file 88\r\nregular file\r\nend\r\n", terminal.Text);
    }

    [Fact]
    public void A_console_that_leads_into_proc_is_refused_where_no_dev_is_mounted()
    {
        using var bundle = new Bundle("true");
        bundle.Set("process.terminal", "true").Edit(static config =>
        {
            var mounts = config["mounts"]!.AsArray();
            mounts.Remove(mounts.First(static mount => (string)mount!["destination"]! == "/dev"));
        });
        Directory.CreateDirectory(bundle.PathInRootfs("dev"));
        File.Delete(bundle.PathInRootfs("dev/console"));
        File.CreateSymbolicLink(bundle.PathInRootfs("dev/console"), "/proc/sysrq-trigger");

        // Nothing is sent, so nothing is received: the foreground has its own console socket.
        var result = bundle.Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cannot open a terminal in the container", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_place_of_the_multiplexer_is_no_terminal()
    {
        using var bundle = new Bundle("true");
        bundle.Set("process.terminal", "true").Edit(static config =>
        {
            var mounts = config["mounts"]!.AsArray();
            mounts.Remove(mounts.First(static mount => (string)mount!["destination"]! == "/dev/pts"));
        });
        bundle.Mount(Directory.CreateDirectory(Path.Combine(bundle.Folder, "pts")).FullName, "/dev/pts", "bind", "bind");
        File.WriteAllText(Path.Combine(bundle.Folder, "pts/ptmx"), "");

        var result = bundle.Run();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("dev/pts/ptmx is not a terminal multiplexer", result.Error, StringComparison.Ordinal);
    }
}
