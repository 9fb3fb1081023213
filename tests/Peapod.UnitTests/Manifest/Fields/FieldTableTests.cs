using Peapod.HostTests.Harness;

namespace Peapod.UnitTests.Manifest.Fields;

public sealed class FieldTableTests
{
    private static readonly FieldTable Table = new(typeof(FieldTableTests).Assembly, typeof(HostTestAssembly).Assembly);

    [Fact]
    public void Tests_name_fields_that_there_are() => Assert.Empty(Table.Unknown);

    [Fact]
    public void Every_field_at_work_has_a_test() => Assert.Empty(Table.Untested);

    [Fact]
    public void The_table_in_the_docs_is_what_the_tests_say()
    {
        var path = Path.Combine(Repository.Root, "docs", "pod-manifest.md");
        if (Environment.GetEnvironmentVariable("PEAPOD_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, Table.ToMarkdown());
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == Table.ToMarkdown(), "docs/pod-manifest.md is not what the tests say: PEAPOD_UPDATE_GOLDEN=1 make unit writes it anew");
    }
}
