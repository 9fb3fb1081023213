using Peapod.Pod.Cli.Output;

namespace Peapod.UnitTests.Cli;

/// <summary>As k8s.io/apimachinery's duration.HumanDuration has it.</summary>
public sealed class AgeTests
{
    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(-0.5, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(192, "3m12s")]
    [InlineData(600, "10m")]
    [InlineData(10799, "179m")]
    [InlineData(10800, "3h")]
    [InlineData(18240, "5h4m")]
    [InlineData(28800, "8h")]
    [InlineData(172799, "47h")]
    [InlineData(172800, "2d")]
    [InlineData(176400, "2d1h")]
    [InlineData(691200, "8d")]
    [InlineData(63071999, "729d")]
    [InlineData(63072000, "2y")]
    [InlineData(63158400, "2y1d")]
    [InlineData(315360000, "10y")]
    public void A_duration_is_as_short_as_kubectls(double seconds, string expected) => Assert.Equal(expected, Age.Of(TimeSpan.FromSeconds(seconds)));
}
