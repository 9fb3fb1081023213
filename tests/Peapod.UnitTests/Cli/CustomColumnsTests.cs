using System.Text.Json.Nodes;
using Peapod.Pod;
using Peapod.Pod.Cli.Output;

namespace Peapod.UnitTests.Cli;

/// <summary>-o custom-columns, as kubectl prints it.</summary>
public sealed class CustomColumnsTests
{
    private static readonly JsonObject[] Objects =
    [
        (JsonObject)JsonNode.Parse("""{"metadata": {"name": "web"}, "spec": {"containers": [{"image": "a"}, {"image": "b"}]}, "status": {"ready": true}}""")!,
        (JsonObject)JsonNode.Parse("""{"metadata": {"name": "a-longer-name"}}""")!,
    ];

    [Fact]
    public void Several_values_are_one_cell_and_none_is_none()
    {
        var columns = CustomColumns.Parse("NAME:.metadata.name,IMAGES:.spec.containers[*].image,READY:{.status.ready}");

        Assert.Equal("NAME            IMAGES   READY\nweb             a,b      true\na-longer-name   <none>   <none>\n", columns.ToText(Objects, headings: true));
        Assert.Equal("web             a,b      true\na-longer-name   <none>   <none>\n", columns.ToText(Objects, headings: false));
    }

    [Fact]
    public void A_file_has_the_headings_above_the_paths()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "NAME     READY\nmetadata.name  .status.ready\n");
            Assert.Equal("NAME            READY\nweb             true\na-longer-name   <none>\n", CustomColumns.ReadFile(file).ToText(Objects, headings: true));
            File.WriteAllText(file, "NAME READY\nmetadata.name\n");
            Assert.Equal($"-o custom-columns-file={file}: number of headers (2) and field specifications (1) don't match", Assert.Throws<PodException>(() => CustomColumns.ReadFile(file)).Message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("", "no custom columns given")]
    [InlineData("NAME", "unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>")]
    [InlineData("NAME:", "unexpected custom-columns spec: NAME:")]
    public void What_is_no_column_is_named(string text, string told) => Assert.Contains(told, Assert.Throws<PodException>(() => CustomColumns.Parse(text)).Message);

    [Theory]
    [InlineData("pod2", "pod10")]
    [InlineData("a", "b")]
    [InlineData("a", "ab")]
    [InlineData("a007b", "a7c")]
    [InlineData("9", "99999999999999999999999")]
    public void People_count_so(string first, string second)
    {
        Assert.True(NaturalOrder.Comparer.Compare(first, second) < 0);
        Assert.True(NaturalOrder.Comparer.Compare(second, first) > 0);
        Assert.Equal(0, NaturalOrder.Comparer.Compare(first, first));
    }
}
