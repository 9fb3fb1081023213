using Peapod.Image;
using Peapod.Image.Documents;

namespace Peapod.UnitTests.Registry;

public sealed class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("linux/x86_64", "linux/amd64")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/armhf", "linux/arm/v7")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    public void The_kernels_names_mean_Gos(string text, string expected) => Assert.Equal(expected, Platform.Parse(text, "--platform").ToString());

    [Theory]
    [InlineData("linux")]
    [InlineData("linux/")]
    [InlineData("linux/a/b/c")]
    [InlineData("lin ux/amd64")]
    public void What_is_no_platform_is_refused(string text) => Assert.Equal(
        $"--platform: \"{text}\" is not a platform: OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, as linux/arm64 or linux/arm/v7", Assert.Throws<ImageException>(() => Platform.Parse(text, "--platform")).Message);

    [Theory]
    [InlineData("linux/arm/v7", "linux/arm/v7")]
    [InlineData("linux/arm/v8", "linux/arm/v7")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("linux/arm/v5", "linux/arm/v5")]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("linux/amd64/v3", "linux/amd64/v3")]
    [InlineData("linux/amd64/v2", "linux/amd64")]
    [InlineData("linux/arm64", "linux/arm64/v8")]
    public void The_best_variant_that_runs_is_chosen(string wanted, string expected)
    {
        string[] index = ["linux/arm/v6", "linux/arm/v7", "linux/arm/v5", "linux/amd64", "linux/amd64/v3", "linux/arm64/v8", "windows/amd64"];
        var platform = Platform.Parse(wanted, "");

        Assert.Equal(expected, index.Select(text => Platform.Parse(text, "")).Where(one => one.Suits(platform)).MinBy(one => one.PreferenceFor(platform))!.ToString());
    }
}
