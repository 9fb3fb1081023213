using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("1", "1")]
    [InlineData("+1", "1")]
    [InlineData("-1", "-1")]
    [InlineData("100m", "0.1")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5")]
    [InlineData("1e3", "1000")]
    [InlineData("1E3", "1000")]
    [InlineData("1e-3", "0.001")]
    [InlineData("1E", "1000000000000000000")]
    [InlineData("0.5Gi", "536870912")]
    [InlineData("128Mi", "134217728")]
    [InlineData("1Ki", "1024")]
    [InlineData("1k", "1000")]
    [InlineData("1M", "1000000")]
    [InlineData("3n", "0.000000003")]
    [InlineData("7u", "0.000007")]
    [InlineData("1.25e6", "1250000")]
    public void Amount_is_exact(string text, string amount)
    {
        Assert.Equal(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), Quantity.Parse(text).Amount);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("one")]
    [InlineData("1K")]
    [InlineData("1ki")]
    [InlineData("1mi")]
    [InlineData("1MB")]
    [InlineData("1.2.3")]
    [InlineData(".")]
    [InlineData("+")]
    [InlineData("--1")]
    [InlineData("Mi")]
    [InlineData("1e")]
    [InlineData("1e1.5")]
    [InlineData("1e999999999999")]
    [InlineData("0x10")]
    [InlineData("1_000")]
    [InlineData("NaN")]
    [InlineData("١")]
    public void Text_that_is_no_quantity_is_refused(string text)
    {
        Assert.False(Quantity.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Quantity.Parse(text));
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("0Mi", "0")]
    [InlineData("1000m", "1")]
    [InlineData("1500m", "1500m")]
    [InlineData("1.5", "1500m")]
    [InlineData("0.1", "100m")]
    [InlineData("1000", "1k")]
    [InlineData("1234567", "1234567")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("0.5Ki", "512")]
    [InlineData("1025", "1025")]
    [InlineData("1e3", "1e3")]
    [InlineData("1000e3", "1e6")]
    [InlineData("5e0", "5")]
    [InlineData("-1500m", "-1500m")]
    [InlineData("-2048Ki", "-2Mi")]
    [InlineData("0.0001Ki", "102400u")]
    public void Canonical_form_is_that_of_Kubernetes(string text, string canonical)
    {
        Assert.Equal(canonical, Quantity.Parse(text).ToString());
        Assert.Equal(Quantity.Parse(text), Quantity.Parse(canonical));
    }

    [Theory]
    [InlineData("100m", 1, 100)]
    [InlineData("1", 1, 1000)]
    [InlineData("1.0001", 2, 1001)]
    [InlineData("0.5m", 1, 1)]
    [InlineData("-1.5", -1, -1500)]
    [InlineData("128Mi", 134217728, 134217728000)]
    public void Value_and_milli_value_round_up(string text, long value, long milli)
    {
        Assert.Equal(value, Quantity.Parse(text).Value);
        Assert.Equal(milli, Quantity.Parse(text).MilliValue);
    }

    [Fact]
    public void What_is_finer_than_nano_is_rounded_away_from_zero()
    {
        Assert.Equal(Quantity.Parse("1n"), Quantity.Parse("0.1n"));
        Assert.Equal(Quantity.Parse("-1n"), Quantity.Parse("-1e-30"));
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775808")]
    [InlineData("100Ei")]
    [InlineData("1e500")]
    public void What_is_too_large_is_the_largest(string text)
    {
        Assert.Equal(long.MaxValue, Quantity.Parse(text).Value);
        Assert.Equal(long.MaxValue, Quantity.Parse(text).MilliValue);
        Assert.Equal(long.MinValue, Quantity.Parse("-" + text).MilliValue);
    }

    [Fact]
    public void Quantities_are_compared_and_added_by_amount()
    {
        Assert.True(Quantity.Parse("1Gi") > Quantity.Parse("1G"));
        Assert.True(Quantity.Parse("1000m") == Quantity.Parse("1"));
        Assert.Equal(Quantity.Parse("1").GetHashCode(), Quantity.Parse("1000m").GetHashCode());
        Assert.Equal("1536Mi", (Quantity.Parse("1Gi") + Quantity.Parse("512Mi")).ToString());
        Assert.Equal("150m", (default(Quantity) + Quantity.Parse("150m")).ToString());
        Assert.Equal(long.MaxValue, (Quantity.Parse("1e30") + Quantity.Parse("1")).Value);
        Assert.Equal("64Mi", Quantity.FromBytes(64 << 20).ToString());
        Assert.Equal("2", Quantity.FromInt64(2).ToString());
    }
}
