using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>Documents without end, or larger than a command's memory, get a sentence.</summary>
public class InputLimitTests
{
    [Theory]
    [InlineData("fifo", "it is no regular file")]
    [InlineData("directory", "Is a directory")]
    [InlineData("huge", "it is larger than 4194304 bytes")]
    [InlineData("zero", "it is no regular file")]
    public void A_configuration_that_no_bundle_has(string kind, string reason)
    {
        using var bundle = new Bundle("true");
        Damage.Do(bundle.ConfigPath, kind == "zero" ? "missing" : kind);
        if (kind == "zero")
        {
            File.CreateSymbolicLink(bundle.ConfigPath, "/dev/zero");
        }

        foreach (var command in new[] { "run", "create" })
        {
            Assert.Equal((1, $"peapod: --bundle: cannot read \"{bundle.ConfigPath}\": {reason}\n"), (bundle.Peapod(command, "--bundle", bundle.Folder, bundle.Id) is var refused ? refused.ExitCode : 0, refused.Error));
        }

        Assert.EndsWith($"{reason}\n", bundle.Peapod("plan", "--bundle", bundle.Folder).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_and_resources_without_end()
    {
        using var bundle = new Bundle("sleep", "100");
        bundle.RunDetached();

        Assert.Equal("peapod: --process: cannot read \"/dev/zero\": it is larger than 4194304 bytes\n", bundle.Peapod("exec", "--process", "/dev/zero", bundle.Id).Error);
        Assert.Equal("peapod: --resources: cannot read \"/dev/zero\": it is larger than 4194304 bytes\n", bundle.Peapod("update", "--resources", "/dev/zero", bundle.Id).Error);
        var endless = PeapodCommand.Start("sh", "-c", $"yes 2>/dev/null | {PeapodCommand.Executable} --root {bundle.Root} update --resources - {bundle.Id}");
        Assert.Equal("peapod: --resources: cannot read \"-\": it is larger than 4194304 bytes\n", endless.Error);
    }

    [Theory]
    [InlineData("{},")]
    [InlineData("[],")]
    [InlineData("\"a\",")]
    public void A_configuration_as_large_as_may_be_is_refused_by_what_is_wrong_in_it(string item)
    {
        using var bundle = new Bundle("true");
        File.WriteAllText(bundle.ConfigPath, "{\"ociVersion\": \"1.0.2\", \"mounts\": [" + string.Concat(Enumerable.Repeat(item, (4_100_000 - 100) / item.Length)) + item.TrimEnd(',') + "]}");

        var refused = bundle.Peapod("run", "--bundle", bundle.Folder, bundle.Id);

        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("peapod: config.json: ", refused.Error, StringComparison.Ordinal);
        Damage.AssertSaid(refused);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("pod ps")]
    public void Too_little_address_space_gets_a_sentence(string command)
    {
        foreach (var kilobytes in new[] { 20_000, 40_000, 64_000, 100_000, 131_071 })
        {
            var refused = PeapodCommand.Start("sh", "-c", $"ulimit -v {kilobytes}; exec {PeapodCommand.Executable} {command}");
            Assert.Equal((1, $"peapod: ulimit -v: the limit of {kilobytes} KiB is too small: at least 131072 KiB are needed\n"), (refused.ExitCode, refused.Error));
        }

        foreach (var kilobytes in new[] { 131_072, 200_000, 400_000 })
        {
            Assert.Equal(0, PeapodCommand.Start("sh", "-c", $"ulimit -v {kilobytes}; exec {PeapodCommand.Executable} {command}").ExitCode);
        }

        Assert.StartsWith("peapod: ulimit -d: ", PeapodCommand.Start("sh", "-c", $"ulimit -d 8000; exec {PeapodCommand.Executable} {command}").Error, StringComparison.Ordinal);
    }
}
