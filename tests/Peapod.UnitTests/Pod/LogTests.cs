using System.Text;
using Peapod.Shim.Logs;

namespace Peapod.UnitTests.Pod;

public sealed class LogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-log-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private LogWriter Open(int run = 0, long size = 4096, int files = 5) => LogWriter.Open(folder, run, new LogLimits(size, files));

    private string Read(LogOptions? options = null, int run = 0)
    {
        using var reader = LogReader.Open(folder, run, options ?? new());
        return Read(reader);
    }

    private static string Read(LogReader reader)
    {
        var text = new StringBuilder();
        reader.Read((_, part) => text.Append(Encoding.UTF8.GetString(part.Span)));
        return text.ToString();
    }

    private static void Write(LogWriter writer, string text)
    {
        var stream = new LogWriter.Stream(writer, "stdout");
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Finish();
    }

    private static string Numbers(int from, int to) => string.Concat(Enumerable.Range(from, to - from + 1).Select(static number => $"{number}\n"));

    [Fact]
    public void Lines_come_back_as_they_were_written_across_the_files()
    {
        using (var writer = Open())
        {
            Write(writer, Numbers(1, 300));
        }

        Assert.Equal(["0.log", "0.log.1", "0.log.2", "0.log.3"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(folder), static file => Assert.InRange(new FileInfo(file).Length, 1, 4096));
        Assert.Equal(Numbers(1, 300), Read());
    }

    [Fact]
    public void A_line_is_seen_while_it_grows_and_comes_back_in_one_piece()
    {
        using var writer = Open();
        var output = new LogWriter.Stream(writer, "stdout");
        var error = new LogWriter.Stream(writer, "stderr");
        output.Write("name? "u8);
        Assert.Equal("name? ", Read());
        error.Write("warning\n"u8);
        output.Write("Ann\nlong"u8, more: true);
        output.Write("er\nlast"u8);
        Assert.Equal("name? warning\nAnn\nlonger\nlast", Read());
        output.Finish();

        Assert.Equal("name? warning\nAnn\nlonger\nlast\n", Read());
        var lines = File.ReadAllLines(LogFiles.PathOf(folder, 0)).Select(static line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        Assert.Equal(["stdout P name? ", "stderr F warning", "stdout F Ann", "stdout F longer", "stdout P last", "stdout F "], lines);

        // Each line has one time, whatever came between its parts.
        Assert.Equal(4, Read(new LogOptions { Timestamps = true }).Split("Z ").Length - 1);
    }

    [Fact]
    public void Of_the_files_of_a_run_the_last_are_kept()
    {
        using (var writer = Open(files: 3))
        {
            for (var i = 0; i < 50; i++)
            {
                Write(writer, Numbers((i * 100) + 1, (i + 1) * 100));
            }
        }

        var text = Read();
        Assert.Equal(3, Directory.GetFiles(folder).Length);
        Assert.EndsWith(Numbers(4900, 5000), text);
        Assert.Equal(Numbers(int.Parse(text.Split('\n')[0]), 5000), text);
    }

    [Fact]
    public void A_reader_that_follows_goes_over_rotations_and_loses_nothing()
    {
        using var writer = Open(files: 100);
        Write(writer, Numbers(1, 10));
        using var reader = LogReader.Open(folder, 0, new());
        var text = new StringBuilder(Read(reader));
        for (var i = 1; i < 40; i++)
        {
            Write(writer, Numbers((i * 50) + 1 - 40, (i * 50) + 10));
            text.Append(Read(reader));
        }

        Assert.Equal(Numbers(1, 1960), text.ToString());
    }

    [Fact]
    public void A_reader_that_follows_goes_on_with_the_next_run()
    {
        using var first = Open();
        Write(first, "one\n");
        using var reader = LogReader.Open(folder, 0, new());
        Assert.Equal("one\n", Read(reader));
        Write(first, "two");
        using var second = Open(run: 1);
        Write(second, "three\n");

        Assert.Equal("two\nthree\n", Read(reader));
    }

    [Fact]
    public void The_last_two_runs_are_kept()
    {
        for (var run = 0; run < 4; run++)
        {
            using var writer = Open(run);
            Write(writer, $"run {run}\n");
        }

        Assert.Equal(["2.log", "3.log"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.Equal("run 2\n", Read(new LogOptions { Previous = true }, 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(250)]
    [InlineData(9999)]
    public void The_tail_is_as_many_lines_from_the_end(int wanted)
    {
        using (var writer = Open())
        {
            Write(writer, Numbers(1, 300));
        }

        Assert.Equal(Numbers(Math.Max(1, 301 - wanted), 300), Read(new LogOptions { Tail = wanted }));
    }

    [Fact]
    public void A_line_in_parts_is_one_line_of_the_tail_and_has_one_time()
    {
        using (var writer = Open(size: 1 << 20))
        {
            Write(writer, $"first\n{new string('x', 40_000)}\nlast\n");
        }

        Assert.Equal($"{new string('x', 40_000)}\nlast\n", Read(new LogOptions { Tail = 2 }));
        Assert.Matches("^2[0-9T:.-]{28}Z x{40000}\n2[0-9T:.-]{28}Z last\n$", Read(new LogOptions { Tail = 2, Timestamps = true }));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "open")]
    [InlineData(2, "err\nopen")]
    [InlineData(3, "two\nerr\nopen")]
    public void A_last_line_without_an_end_counts_in_each_stream(int wanted, string text)
    {
        using var writer = Open(size: 1 << 20);
        var (output, error) = (new LogWriter.Stream(writer, "stdout"), new LogWriter.Stream(writer, "stderr"));
        output.Write("one\ntwo\n"u8);
        error.Write("err\n"u8);
        output.Write("open"u8);

        Assert.Equal(text, Read(new LogOptions { Tail = wanted }));
    }

    [Fact]
    public void Since_leaves_out_what_was_written_before()
    {
        using var writer = Open();
        Write(writer, "before\n");
        Thread.Sleep(2);
        var time = DateTime.UtcNow;
        Thread.Sleep(2);
        Write(writer, "after\n");

        Assert.Equal("after\n", Read(new LogOptions { Since = time }));
    }
}
