using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>Who a process is comes from numbers, exactly as they are written, and never wraps around to root.</summary>
public sealed class IdentityTests
{
    [Theory]
    [InlineData("1", "1:0")]
    [InlineData("1:2", "1:2")]
    [InlineData("2147483648", "2147483648:0")]
    [InlineData("4294967294:4294967294", "4294967294:4294967294")]
    public void Exec_takes_the_ids_as_they_are(string user, string expected)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        Assert.Equal($"{expected}\n", bundle.Exec("--user", user, bundle.Id, "sh", "-c", "echo $(id -u):$(id -g)").Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("0x1")]
    [InlineData("1e0")]
    [InlineData("a")]
    [InlineData("root")]
    [InlineData("1:2:3")]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData("4294967297")]
    [InlineData("99999999999999999999")]
    [InlineData("1:4294967295")]
    [InlineData("1:4294967296")]
    public void Exec_refuses_what_is_no_id(string user)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var result = bundle.Exec("--user", user, bundle.Id, "id");
        Assert.Equal((255, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("peapod: --user: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uid", "4294967295")]
    [InlineData("uid", "4294967296")]
    [InlineData("uid", "-1")]
    [InlineData("gid", "4294967295")]
    [InlineData("gid", "99999999999999999999")]
    [InlineData("uid", "\"0\"")]
    [InlineData("uid", "1.5")]
    public void A_configuration_with_what_is_no_id_is_refused(string field, string value)
    {
        using var bundle = new Bundle("id");
        File.WriteAllText(bundle.ConfigPath, File.ReadAllText(bundle.ConfigPath).Replace($"\"{field}\":0", $"\"{field}\":{value}", StringComparison.Ordinal));
        var result = bundle.Run();
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"peapod: config.json: process.user.{field}: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_passwd_line_with_a_number_for_a_name_makes_nobody_root()
    {
        using var bundle = new Bundle("sh", "-c", "echo $(id -u):$(id -g); echo $HOME");
        File.WriteAllText(bundle.PathInRootfs("etc/passwd"), "1000:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
        bundle.Set("process.user", """{"uid": 1000, "gid": 1000}""").Set("process.cwd", "\"/\"");
        Assert.Equal("1000:1000\n/home/user\n", bundle.RunOutput());
    }

    [Fact]
    public void Neither_an_endless_passwd_nor_a_pipe_in_its_place_holds_the_container_up()
    {
        using var bundle = new Bundle("sh", "-c", "echo $HOME");
        File.Delete(bundle.PathInRootfs("etc/passwd"));
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(bundle.PathInRootfs("etc/passwd"), (Mono.Unix.Native.FilePermissions)0x1b6));
        Assert.Equal("/\n", bundle.RunOutput());
        File.Delete(bundle.PathInRootfs("etc/passwd"));
        File.CreateSymbolicLink(bundle.PathInRootfs("etc/passwd"), "/dev/zero");
        Assert.Equal("/\n", bundle.RunOutput());
    }

    [Theory]
    [InlineData("CAP_NET_RAW")]
    [InlineData("CAP_SYS_ADMIN")]
    public void A_capability_given_to_an_exec_is_not_inheritable(string capability)
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var status = bundle.Exec("--cap", capability, bundle.Id, "grep", "-E", "Cap(Inh|Amb)", "/proc/self/status").Output;
        Assert.Equal("CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n", status);
    }

    [Fact]
    public void The_configuration_that_spec_writes_has_no_inheritable_capability()
    {
        using var bundle = new Bundle("grep", "CapInh", "/proc/self/status");
        Assert.DoesNotContain("inheritable", File.ReadAllText(bundle.ConfigPath), StringComparison.Ordinal);
        Assert.Equal("CapInh:\t0000000000000000\n", bundle.RunOutput());
    }
}
