using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Oci;

/// <summary>What podman, Docker and containerd do that a runtime can trip over; their own words are tested by tests/clients.</summary>
public class ClientTests
{
    /// <summary>podman's own calls have an environment of an empty XDG_RUNTIME_DIR alone.</summary>
    [Fact]
    public void A_container_lives_its_whole_life_without_an_environment()
    {
        using var bundle = new Bundle("sleep", "100");

        Bare("create", "--bundle", bundle.Folder, bundle.Id);
        Bare("start", bundle.Id);
        Assert.Equal("running", bundle.Status);
        Bare("pause", bundle.Id);
        Bare("resume", bundle.Id);
        Bare("exec", bundle.Id, "true");
        Bare("kill", bundle.Id, "9");
        bundle.WaitFor("stopped");
        Bare("delete", "--force", bundle.Id);

        void Bare(params string[] arguments)
        {
            var result = PeapodCommand.Start("env", ["-i", "XDG_RUNTIME_DIR=", PeapodCommand.Executable, "--root", bundle.Root, .. arguments]);
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
        }
    }

    /// <summary>Docker sends objects without a field in them.</summary>
    [Fact]
    public void Empty_objects_among_the_resources_ask_for_nothing()
    {
        using var bundle = new Bundle("echo", "ran").Set("linux.resources", """{"blockIO": {}, "cpu": {}, "memory": {}, "pids": {}, "network": {}, "hugepageLimits": [], "rdma": {}, "unified": {}, "devices": []}""");

        Assert.Equal("ran\n", bundle.RunOutput());
    }

    /// <summary>containerd deletes by force what it has deleted already.</summary>
    [Fact]
    public void What_is_not_there_is_deleted_by_force_without_a_word()
    {
        using var bundle = new Bundle("true");

        var result = bundle.Peapod("delete", "--force", bundle.Id);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
    }
}
