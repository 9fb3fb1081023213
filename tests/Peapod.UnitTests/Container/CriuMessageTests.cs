using System.Text;
using Peapod.Container.Criu;

namespace Peapod.UnitTests.Container;

/// <summary>The messages of criu's rpc.proto, byte by byte.</summary>
public class CriuMessageTests
{
    [Fact]
    public void A_request_for_the_version_is_its_type_alone() =>
        Assert.Equal("080A", Convert.ToHexString(new CriuRequest(CriuRequestType.Version).Encode()));

    [Theory]
    [InlineData(true, "08061801")]
    [InlineData(false, "08061800")]
    public void A_notification_is_answered_with_yes_or_no(bool success, string bytes) =>
        Assert.Equal(bytes, Convert.ToHexString(new CriuRequest(CriuRequestType.Notify) { NotifySuccess = success }.Encode()));

    [Fact]
    public void A_question_for_features_names_them() =>
        Assert.Equal("08092A0408011001", Convert.ToHexString(new CriuRequest(CriuRequestType.FeatureCheck) { AsksForMemoryTracking = true, AsksForLazyPages = true }.Encode()));

    [Theory]
    [InlineData(1, 0, "0800")]
    [InlineData(1, 300, "08AC02")]
    [InlineData(16, 1, "800101")]
    [InlineData(2, -1, "10FFFFFFFFFFFFFFFFFF01")]
    public void Numbers_take_as_many_bytes_as_they_need(int field, long value, string bytes)
    {
        var writer = new ProtobufWriter();
        writer.Number(field, value);

        Assert.Equal(bytes, Convert.ToHexString(writer.Written));
        var reader = new ProtobufReader(writer.Written);
        Assert.True(reader.Next());
        Assert.Equal((field, value), (reader.Field, (long)reader.Number));
        Assert.False(reader.Next());
    }

    [Fact]
    public void A_notification_says_the_script_and_the_process()
    {
        var response = CriuResponse.Parse([0x08, 6, 0x10, 1, 0x2a, 16, 0x0a, 12, .. "post-restore"u8, 0x10, 42]);

        Assert.Equal((CriuRequestType.Notify, true, "post-restore", 42), (response.Type, response.Success, response.Script, response.Pid));
    }

    [Fact]
    public void A_version_is_one_number()
    {
        var response = CriuResponse.Parse([0x08, 10, 0x10, 1, 0x52, 6, 0x08, 4, 0x10, 2, 0x20, 1]);

        Assert.Equal(40201, response.Version);
    }

    [Fact]
    public void A_failure_has_its_errno_and_fields_that_are_not_known_are_passed_over()
    {
        // 100: 8 bytes; 101: 4 bytes; 102: a text; 9: cr_errmsg.
        var response = CriuResponse.Parse([0x08, 1, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xad, 6, 1, 2, 3, 4, 0xb2, 6, 2, 65, 66, 0x10, 0, 0x38, 17, 0x4a, 1, 65]);

        Assert.Equal((CriuRequestType.Dump, false, 17), (response.Type, response.Success, response.Error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1001")]
    [InlineData("08")]
    [InlineData("0806" + "2A7F00")]
    [InlineData("0806" + "2A020AFF")]
    [InlineData("0BFF")]
    [InlineData("08FFFFFFFFFFFFFFFFFFFF01")]
    public void What_is_no_answer_is_refused(string bytes) =>
        Assert.Throws<FormatException>(() => CriuResponse.Parse(Convert.FromHexString(bytes)));

    [Fact]
    public void Options_have_the_numbers_of_the_protocol()
    {
        var options = new CriuOptions
        {
            ImagesFd = 7,
            WorkFd = 8,
            Pid = 1234,
            LogFile = "dump.log",
            LeaveRunning = true,
            LinkRemap = true,
            PageServer = ("::1", 4000),
            ExternalMounts = [new("/etc/hosts", "/etc/hosts")],
            CgroupRoot = "/a",
            InheritedFds = [new("pipe:[5]", 1)],
            External = ["net[9]:extRootNetNS"],
            EmptyNamespaces = 0x40000000,
            CgroupsMode = CgroupsMode.Strict,
            LsmMountContext = "x",
        };

        Assert.Equal(
            [
                "1=7", "2=1234", "3=1", "9=4", "10=dump.log", "11={1=::1 2=4000}", "12=1", "17=8", "18=1", "23={1=/etc/hosts 2=/etc/hosts}", "24=1",
                "25={1= 2=/a}", "27={1=pipe:[5] 2=1}", "34=5", "37=net[9]:extRootNetNS", "38=1073741824", "50=1", "63=x",
            ],
            Fields(options.Encode().Written));
    }

    /// <summary>Fields as text; those with messages in them are known by their number.</summary>
    private static List<string> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new List<string>();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            fields.Add($"{reader.Field}={(reader.Field is 11 or 23 or 25 or 27 or 39 ? $"{{{string.Join(' ', Fields(reader.Bytes))}}}" : reader.Bytes.IsEmpty && reader.Number != 0 ? $"{reader.Number}" : Encoding.UTF8.GetString(reader.Bytes))}");
        }

        return fields;
    }
}
