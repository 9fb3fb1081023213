using Peapod.Pod.Cli.Output;

namespace Peapod.UnitTests.Cli;

public sealed class TabWriterTests
{
    [Fact]
    public void A_table_has_columns_as_wide_as_their_widest_cell_and_three_spaces()
    {
        var table = TabWriter.ForTable();
        table.Row("NAME", "READY", "IP");
        table.Row("a-long-name", "1/1", "10.0.0.1");

        Assert.Equal("NAME          READY   IP\na-long-name   1/1     10.0.0.1\n", table.ToText());
    }

    [Fact]
    public void A_column_of_a_table_is_six_wide_at_least()
    {
        var table = TabWriter.ForTable();
        table.Row("A", "B");

        Assert.Equal("A     B\n", table.ToText());
    }

    [Fact]
    public void A_line_without_a_tab_ends_the_columns_of_a_description()
    {
        var writer = TabWriter.ForDescription();
        writer.Row("Name:", "web");
        writer.Row("Namespace:", "default");
        writer.Row("Containers:");
        writer.Row("  A:", "1");

        Assert.Equal("Name:       web\nNamespace:  default\nContainers:\n  A:  1\n", writer.ToText());
    }

    [Fact]
    public void A_colour_takes_no_room()
    {
        var table = TabWriter.ForTable();
        table.Row("NAME", "STATUS", "AGE");
        table.Row("web", "Running", "1s");

        Assert.Equal("NAME   STATUS    AGE\nweb    \u001b[32mRunning\u001b[0m   1s\n", table.ToText(static (line, column) => line == 1 && column == 1 ? Colour.Green : null));
    }

    [Fact]
    public void A_cell_stays_one_cell_whatever_is_written_in_it()
    {
        var table = TabWriter.ForTable();
        table.Row("MESSAGE", "TYPE");
        table.Row("a\tb\nforged   Normal\u001b[2J", "Warning");

        Assert.Equal($"{"MESSAGE",-33}TYPE\na\\tb\\nforged   Normal\\u001b[2J   Warning\n", table.ToText());
    }

    [Fact]
    public void A_character_beyond_the_first_plane_is_one_character()
    {
        var table = TabWriter.ForTable();
        table.Row("\U0001F600\U0001F600\U0001F600\U0001F600", "x");
        table.Row("four", "y");

        Assert.Equal("\U0001F600\U0001F600\U0001F600\U0001F600   x\nfour   y\n", table.ToText());
    }
}
