using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

/// <summary>What <c>pod plan</c> says has no effect on one host.</summary>
public sealed class IgnoredFieldsTests
{
    [Fact]
    public void What_the_file_says_and_one_host_does_not_do_is_told_once_and_defaults_are_not()
    {
        var read = ManifestReader.Read("f", """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              nodeName: other
              nodeSelector: {disk: ssd}
              tolerations:
              - {key: a, operator: Exists}
              containers: [{name: c, image: i}]
            """);

        Assert.Equal(["spec.nodeName", "spec.nodeSelector", "spec.tolerations"], IgnoredFields.Of(read.Places[0]).Select(static ignored => ignored.Field));
        Assert.Equal("f:5: spec.nodeName", read.Places[0].Find("spec.nodeName"));
    }
}
