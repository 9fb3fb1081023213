using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Vm;

/// <summary>Under a profile that is loaded into the guest's kernel for each test.</summary>
[Trait("tier", "vm")]
public sealed class AppArmorTests : IDisposable
{
    private readonly string name = $"peapod-test-{Guid.NewGuid():N}"[..24];
    private readonly string file = Path.GetTempFileName();

    public AppArmorTests()
    {
        Guest.Needed();
        File.WriteAllText(file, $"profile {name} flags=(attach_disconnected) {{\n  file,\n  signal,\n  capability,\n  deny /mnt/secret r,\n}}\n");
        Load("--replace");
    }

    public void Dispose()
    {
        if (File.Exists("/sys/kernel/security/apparmor/profiles") && File.ReadAllText("/sys/kernel/security/apparmor/profiles").Contains(name))
        {
            Load("--remove");
        }

        File.Delete(file);
    }

    [SkippableTheory]
    [Covers("process.apparmorProfile")]
    [InlineData(false)]
    [InlineData(true)]
    public void The_process_is_confined_by_its_profile(bool noNewPrivileges)
    {
        using var bundle = Make("cat /proc/self/attr/current; cat /mnt/secret")
            .Set("process.noNewPrivileges", noNewPrivileges ? "true" : "false");

        var result = bundle.Run();

        Assert.Equal($"{name} (enforce)\n", result.Output);
        Assert.Equal("cat: can't open '/mnt/secret': Permission denied\n", result.Error);
    }

    [SkippableFact]
    public void A_process_of_exec_is_confined_as_its_container_is()
    {
        using var bundle = Make("sleep 100");
        bundle.RunDetached();

        Assert.Equal($"{name} (enforce)\n", bundle.Exec(bundle.Id, "cat", "/proc/self/attr/current").Output);
    }

    [SkippableFact]
    public void In_a_user_namespace_and_behind_masked_paths_too()
    {
        using var bundle = Make("sleep 100").Namespaces("pid", "network", "ipc", "uts", "mount", "cgroup", "user")
            .Set("linux.uidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""")
            .Set("linux.gidMappings", """[{"containerID": 0, "hostID": 0, "size": 65536}]""");
        var pid = bundle.RunDetached();

        Assert.Equal($"{name} (enforce)\n", File.ReadAllText($"/proc/{pid}/attr/current"));
        Assert.Equal($"{name} (enforce)\n", bundle.Exec(bundle.Id, "cat", "/proc/self/attr/current").Output);
    }

    [SkippableFact]
    public void A_profile_that_is_not_loaded_is_told_by_its_field()
    {
        using var bundle = new Bundle("true").Set("process.apparmorProfile", "\"no-such-profile\"");

        Assert.Equal(
            "peapod: config.json: process.apparmorProfile: cannot execute under the profile \"no-such-profile\": write: No such file or directory\n"
            + "  no such profile is loaded: apparmor_parser(8) loads one\n",
            bundle.Run().Error);
    }

    private Bundle Make(string script)
    {
        var bundle = new Bundle("sh", "-c", script).Set("process.apparmorProfile", $"\"{name}\"");
        Directory.CreateDirectory(bundle.PathInRootfs("mnt"));
        File.WriteAllText(bundle.PathInRootfs("mnt/secret"), "secret\n");
        return bundle;
    }

    private void Load(string action)
    {
        var result = PeapodCommand.Start("apparmor_parser", action, "--skip-cache", file);
        Assert.True(result.ExitCode == 0, result.Error);
    }
}
