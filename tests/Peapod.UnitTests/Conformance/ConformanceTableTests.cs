using Peapod.HostTests.Harness;

namespace Peapod.UnitTests.Conformance;

public sealed class ConformanceTableTests
{
    private static readonly ConformanceTable Table = new(typeof(ConformanceTableTests).Assembly, typeof(HostTestAssembly).Assembly);

    [Fact]
    public void Tests_name_rows_that_there_are() => Assert.Empty(Table.Unknown);

    [Fact]
    public void The_table_in_the_docs_is_what_the_tests_say()
    {
        var path = Path.Combine(Repository.Root, "docs", "oci-conformance.md");
        if (Environment.GetEnvironmentVariable("PEAPOD_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, Table.ToMarkdown());
        }

        Assert.True(File.ReadAllText(path) == Table.ToMarkdown(), "docs/oci-conformance.md is not what the tests say: PEAPOD_UPDATE_GOLDEN=1 make unit writes it anew");
    }
}
