using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Where no security module is enabled; where one is, the vm tier looks.</summary>
public class LabelTests
{
    [SkippableTheory]
    [Covers("process.selinuxLabel")]
    [InlineData("process.apparmorProfile", "cannot use the profile \"name\": AppArmor is not enabled on this host")]
    [InlineData("process.selinuxLabel", "cannot use the label \"name\": SELinux is not enabled on this host")]
    [InlineData("linux.mountLabel", "cannot use the label \"name\": SELinux is not enabled on this host")]
    public void A_label_without_its_module_is_refused(string field, string sentence)
    {
        Skip.If(File.Exists("/sys/kernel/security/apparmor/profiles") || File.Exists("/sys/fs/selinux/enforce"), "a security module is enabled here");
        using var bundle = new Bundle("true").Set(field, "\"name\"");

        var result = bundle.Run();

        Assert.Equal((1, $"peapod: config.json: {field}: {sentence}\n"), (result.ExitCode, result.Error));
    }

    [SkippableFact]
    public void An_exec_with_a_profile_is_refused_too()
    {
        Skip.If(File.Exists("/sys/kernel/security/apparmor/profiles"), "AppArmor is enabled here");
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();
        var process = Path.Combine(bundle.Folder, "process.json");
        File.WriteAllText(process, """{"args": ["true"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "apparmorProfile": "name"}""");

        Assert.Equal(
            $"peapod: --process: {process}: apparmorProfile: cannot use the profile \"name\": AppArmor is not enabled on this host\n",
            bundle.Exec("--process", process, bundle.Id).Error);
    }
}
