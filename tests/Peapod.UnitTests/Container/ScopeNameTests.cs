using Peapod.Container.Systemd;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class ScopeNameTests
{
    [Theory]
    [InlineData(null, "system.slice", "peapod-web.scope", "/system.slice/peapod-web.scope")]
    [InlineData("", "system.slice", "peapod-web.scope", "/system.slice/peapod-web.scope")]
    [InlineData("machine.slice:libpod:4f2a", "machine.slice", "libpod-4f2a.scope", "/machine.slice/libpod-4f2a.scope")]
    [InlineData(":docker:4f2a", "system.slice", "docker-4f2a.scope", "/system.slice/docker-4f2a.scope")]
    [InlineData("-:a:b", "-.slice", "a-b.scope", "/a-b.scope")]
    [InlineData("-.slice:a:b", "-.slice", "a-b.scope", "/a-b.scope")]
    [InlineData("user-1000.slice::b", "user-1000.slice", "-b.scope", "/user.slice/user-1000.slice/-b.scope")]
    [InlineData("kubepods-burstable-pod4f_2a.slice:cri-containerd:7e", "kubepods-burstable-pod4f_2a.slice", "cri-containerd-7e.scope",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod4f_2a.slice/cri-containerd-7e.scope")]
    public void A_scope_lies_in_its_slices(string? cgroupsPath, string slice, string unit, string path)
    {
        var name = ScopeName.Parse(cgroupsPath, "web");

        Assert.Equal((slice, unit, path), (name.Slice, name.Unit, name.Path));
    }

    [Theory]
    [InlineData("/a/b", "\"/a/b\" is not slice:prefix:name, as the systemd cgroup manager wants it (system.slice:peapod:web)")]
    [InlineData("a.slice:b", "\"a.slice:b\" is not slice:prefix:name, as the systemd cgroup manager wants it (system.slice:peapod:web)")]
    [InlineData("a.slice:b:c:d", "\"a.slice:b:c:d\" is not slice:prefix:name, as the systemd cgroup manager wants it (system.slice:peapod:web)")]
    [InlineData("a.slice:b:", "\"a.slice:b:\" is not slice:prefix:name, as the systemd cgroup manager wants it (system.slice:peapod:web)")]
    [InlineData("a:b:c", "\"a\" is no name of a slice: it ends with .slice and has a name on both sides of each dash")]
    [InlineData(".slice:b:c", "\".slice\" is no name of a slice: it ends with .slice and has a name on both sides of each dash")]
    [InlineData("a--b.slice:b:c", "\"a--b.slice\" is no name of a slice: it ends with .slice and has a name on both sides of each dash")]
    [InlineData("-a.slice:b:c", "\"-a.slice\" is no name of a slice: it ends with .slice and has a name on both sides of each dash")]
    [InlineData("user.slice/user-1.slice:b:c", "\"user.slice/user-1.slice\" is no name of a unit: it must not hold '/'")]
    [InlineData("a.slice:../b:c", "\"../b-c.scope\" is no name of a unit: it must not hold '/'")]
    [InlineData("a.slice:b:c+d", "\"b-c+d.scope\" is no name of a unit: it must not hold '+'")]
    [InlineData("a.slice:b:c.slice", "\"c.slice\" names a slice, which holds no processes: a container's unit is a scope")]
    public void Another_form_is_refused(string cgroupsPath, string reason)
    {
        var error = Assert.Throws<SpecException>(() => ScopeName.Parse(cgroupsPath, "web"));

        Assert.Equal(("linux.cgroupsPath", reason), (error.Field, error.Reason));
    }

    [Fact]
    public void A_name_that_systemd_cannot_hold_is_refused() =>
        Assert.EndsWith("it is longer than 255 characters", Assert.Throws<SpecException>(() => ScopeName.Parse($"a.slice:b:{new string('c', 250)}", "web")).Message, StringComparison.Ordinal);
}
