using System.Text;
using Peapod.Pod.Events;
using Peapod.Pod.Layout;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision;
using Peapod.Shim.Control;

namespace Peapod.UnitTests.Pod;

/// <summary>Whatever a container says, what is written of it is read again.</summary>
public sealed class UntrustedTextTests : IDisposable
{
    private readonly PodFolders folders = new PodHost { RunRoot = Directory.CreateTempSubdirectory("peapod-text-").FullName }.FoldersOf("default", "p");

    public UntrustedTextTests() => Directory.CreateDirectory(folders.Run);

    public void Dispose() => Directory.Delete(folders.Host.RunRoot, recursive: true);

    public static TheoryData<string> Texts() =>
        ["a\0b", "\0", "\ud800", "\udc00\ud800", "a\ud83d", "\ud83d\ude00", "\u0001\u001b[2J\u007f\u0085", "\"\\\n\r\t\b\f", "\u2028\ufffe\uffff", ""];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_message_is_read_as_it_was_but_for_what_no_text_has(string text)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(rune.Value == 0 ? "\ufffd" : rune.ToString());
        }

        Assert.Equal(clean.ToString(), RoundTrip(text));
    }

    [Fact]
    public void Random_bytes_as_a_message_are_read_again()
    {
        var random = new Random(20261129);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            RoundTrip(Encoding.UTF8.GetString(bytes));
            RoundTrip(Encoding.Latin1.GetString(bytes));
            RoundTrip(new string(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, char>(bytes.AsSpan(0, bytes.Length & ~1))));
        }
    }

    [Fact]
    public void A_line_of_the_events_that_is_damaged_costs_no_other()
    {
        using (var log = new EventLog(folders))
        {
            log.Add("Normal", "First", null, "a\0b");
            File.AppendAllText(folders.Events, "{\"type\": \"Normal\", \"reas\n\0\0\0\n[]\n");
            log.Add("Normal", "Last", null, "\ud800");
        }

        Assert.Equal(["First", "Last"], EventLog.Read(folders).Select(static read => read.Reason));
        Assert.Equal("a\ufffdb", EventLog.Read(folders)[0].Message);
    }

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abc", 2, "ab")]
    [InlineData("a\u00e9", 2, "a")]
    [InlineData("\ud83d\ude00x", 3, "")]
    [InlineData("\ufffd\ufffd", 5, "\ufffd")]
    public void A_message_is_cut_between_characters(string text, int bytes, string cut) => Assert.Equal(cut, TerminationMessage.Cut(text, bytes));

    private string RoundTrip(string text)
    {
        StatusFile.Write(folders, new PodStatus
        {
            Message = text,
            ContainerStatuses = [new ContainerStatus { Name = "c", State = new() { Terminated = new() { Message = text } }, LastState = new() { Waiting = new() { Message = text } } }],
        });
        var read = StatusFile.TryRead(folders)!;
        Assert.Equal(read.Message ?? "", read.ContainerStatuses[0].State.Terminated!.Message ?? "");
        Assert.Equal(read.Message ?? "", PodEvent.Parse(new PodEvent { Message = text }.ToJson()).Message ?? "");
        Assert.Equal(read.Message ?? "", ControlReply.Parse(new ControlReply { Error = text }.ToJson()).Error ?? "");
        Assert.Equal(read.Message ?? "", PodManifest.Parse(new PodManifest { Metadata = new() { Annotations = new Dictionary<string, string> { ["a"] = text } } }.ToJson()).Metadata.Annotations!["a"]);
        return read.Message ?? "";
    }
}
