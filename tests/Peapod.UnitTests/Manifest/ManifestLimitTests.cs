using System.Text;
using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

/// <summary>What is too large gets a sentence, long before it needs the memory that a command may have.</summary>
public sealed class ManifestLimitTests
{
    private const string Map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";

    private static string Refused(string text) => Assert.Throws<ManifestException>(() => ManifestReader.Read("f", text)).Message;

    [Fact]
    public void Two_hundred_thousand_objects_are_too_many_values() =>
        Assert.Contains("the file has more than 200000 values", Refused(string.Concat(Enumerable.Repeat($"---\n{Map}", 200_000))), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"a\": [", "1,", "1]}")]
    [InlineData("a: [", "1,", "1]")]
    [InlineData("", "--- 1\n", "")]
    [InlineData("", "1 ", "")]
    public void A_million_values_are_too_many(string begin, string value, string end)
    {
        var text = begin + string.Concat(Enumerable.Repeat(value, 1_000_000)) + end;
        var before = GC.GetAllocatedBytesForCurrentThread();

        Refused(text);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 220 << 20);
    }

    [Fact]
    public void Aliases_share_what_the_file_may_hold_among_its_objects()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 10; i++)
        {
            text.Append($"---\n{Map.Replace("x", $"x{i}")}data: {{a: &a [{string.Join(',', Enumerable.Repeat("b", 200))}], c: [{string.Join(',', Enumerable.Repeat("*a", 200))}]}}\n");
        }

        Assert.Contains("values, aliases resolved", Refused(text.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_text_that_is_repeated_by_aliases_is_too_large() =>
        Assert.Contains(
            "the object has more than 3145728 characters, aliases resolved",
            Refused($"{Map}data:\n  a: &a {new string('x', 100_000)}\n" + string.Concat(Enumerable.Range(0, 1000).Select(static i => $"  k{i}: *a\n"))), StringComparison.Ordinal);

    [Fact]
    public void An_object_of_the_size_that_the_API_server_takes_is_read() =>
        Assert.Single(ManifestReader.Read("f", $"{Map}data: {{a: {new string('x', 1_000_000)}}}\n").ConfigMaps);
}
