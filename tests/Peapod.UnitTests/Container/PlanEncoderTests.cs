using System.Buffers.Binary;
using System.Text;
using Peapod.Container.Plans;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class PlanEncoderTests
{
    private static readonly string Header = File.ReadAllText(Path.Combine(Repository.Root, "native/include/plan.h"));

    [Fact]
    public void The_operations_have_the_numbers_that_init_gives_them()
    {
        var names = Header.Split('\n').Select(static line => line.Trim())
            .Where(static line => line.StartsWith("X (", StringComparison.Ordinal) && line.Contains(", op_"))
            .Select(static line => line[3..line.IndexOf(',')].Replace("_", "", StringComparison.Ordinal));

        Assert.Equal(names, Enum.GetNames<PlanCode>().Select(static name => name.ToUpperInvariant()));
    }

    [Fact]
    public void The_header_is_that_of_plan_h()
    {
        var bytes = PlanEncoder.Encode(new Plan(0, [], [], 0), [], 42).Span;

        Assert.Equal([0x6e616c70u, Version(), (uint)bytes.Length, 0, 32, 0, 32, 42], Words(bytes, 0, 8));
    }

    [Fact]
    public void An_operation_is_laid_out_as_in_plan_h()
    {
        var slot = new PlanSlot(1, "one");
        var operation = new InitOperation(PlanCode.NewMount, "field", "text")
        {
            A = 0x1122334455667788, B = ulong.MaxValue, C = 3, Path = "/päth", Source = "", Data = "data", List = ["first", "", "third"], Slot = slot,
        };
        var decoded = Decode(new Plan(0, [], [new(PlanCode.Setsid, "", ""), operation], 2), [7, 9], 42);

        Assert.Equal([7, 9], decoded.Descriptors);
        Assert.Equal(new((uint)PlanCode.Setsid, -1, 0, 0, 0, null, null, null, null), decoded.Operations[0] with { List = null });
        Assert.Equal(["first", "", "third"], decoded.Operations[1].List);
        Assert.Equal(
            new((uint)PlanCode.NewMount, 1, 0x1122334455667788, ulong.MaxValue, 3, "/päth", "", "data", null),
            decoded.Operations[1] with { List = null });
    }

    [Fact]
    public void A_second_slot_takes_the_place_of_a()
    {
        var operation = new InitOperation(PlanCode.WaitStart, "", "") { A = 77, Slot = new(0, "fifo"), SecondSlot = new(3, "report") };

        var decoded = Decode(new Plan(0, [], [operation], 4), [5, 6, 7, 8], 42).Operations[0];

        Assert.Equal((0, 3UL), (decoded.Slot, decoded.A));
    }

    [Fact]
    public void Bytes_lie_aligned_where_init_reads_them_as_numbers()
    {
        byte[] groups = [1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f];
        var operation = new InitOperation(PlanCode.User, "", "") { Path = "xyz", C = 2, Bytes = groups };

        var bytes = PlanEncoder.Encode(new Plan(0, [], [operation], 0), [], 42).Span;
        var data = (int)Words(bytes, 32 + 40, 1)[0];

        Assert.Equal(0, data % 8);
        Assert.Equal(groups, bytes[data..(data + 8)]);
    }

    [Fact]
    public void The_environment_has_room_for_one_more_entry_and_the_null()
    {
        var operation = new InitOperation(PlanCode.Exec, "", "") { Path = "sh", List = ["sh"], Environment = ["A=1", "B=2"] };

        var bytes = PlanEncoder.Encode(new Plan(0, [], [operation], 0), [], 42).ToArray();
        var environment = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32 + 8));

        Assert.Equal(0, environment % 8);
        Assert.Equal(["A=1", "B=2"], Strings(bytes, environment));
        Assert.Equal(new byte[16], bytes[(environment + 16)..(environment + 32)]);
        Assert.True(Text(bytes, (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(environment))) == "A=1");
    }

    [Fact]
    public void A_plan_larger_than_the_first_buffer_arrives_whole()
    {
        InitOperation[] operations =
        [
            .. Enumerable.Range(0, 3000).Select(static i => new InitOperation(PlanCode.Sysctl, "", "")
            {
                Path = $"path/{i}", Data = new string((char)('a' + (i % 26)), i % 700), List = [$"{i}", new string('é', i % 90)],
            }),
        ];

        var decoded = Decode(new Plan(0, [], operations, 0), [], 42).Operations;

        Assert.Equal(operations.Length, decoded.Count);
        for (var i = 0; i < operations.Length; i++)
        {
            Assert.Equal((operations[i].Path, operations[i].Data), (decoded[i].Path, decoded[i].Data));
            Assert.Equal(operations[i].List!, decoded[i].List);
        }
    }

    [Fact]
    public void Every_operation_of_the_default_configuration_survives_the_round_trip()
    {
        var plan = PlanCompiler.Compile(new PlanRequest { Id = "id", Spec = DefaultSpec.Create(), Bundle = "/bundle", CgroupMount = "/sys/fs/cgroup", WaitsForStart = true });

        var decoded = Decode(plan, [.. Enumerable.Range(20, plan.SlotCount)], 42).Operations;

        Assert.Equal(plan.Init.Count, decoded.Count);
        foreach (var (operation, read) in plan.Init.Zip(decoded))
        {
            Assert.Equal((uint)operation.Code, read.Code);
            Assert.Equal((operation.Slot?.Index ?? -1, operation.B, operation.C), (read.Slot, read.B, read.C));
            Assert.Equal((operation.Path, operation.Source), (read.Path, read.Source));
            Assert.Equal(operation.List, read.List);
        }
    }

    private sealed record Operation(uint Code, int Slot, ulong A, ulong B, ulong C, string? Path, string? Source, string? Data, IReadOnlyList<string>? List);

    /// <summary>Reads the bytes as native/init does, by struct plan_header and struct plan_operation.</summary>
    private static (IReadOnlyList<Operation> Operations, int[] Descriptors) Decode(Plan plan, int[] descriptors, int socket)
    {
        var bytes = PlanEncoder.Encode(plan, descriptors, socket).ToArray();
        var header = Words(bytes, 0, 8);
        Assert.Equal((uint)bytes.Length, header[2]);
        var operations = new List<Operation>();
        for (var i = 0; i < header[3]; i++)
        {
            var at = (int)header[4] + (i * 48);
            Assert.Equal(0, at % 8);
            var offsets = Words(bytes, at + 32, 4);
            operations.Add(new(
                Words(bytes, at, 1)[0],
                (int)Words(bytes, at + 4, 1)[0],
                BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 8)),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 16)),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 24)),
                offsets[0] == 0 ? null : Text(bytes, (int)offsets[0]),
                offsets[1] == 0 ? null : Text(bytes, (int)offsets[1]),
                offsets[2] == 0 ? null : Text(bytes, (int)offsets[2]),
                offsets[3] == 0 ? null : Strings(bytes, (int)offsets[3])));
        }

        return (operations, [.. Words(bytes, (int)header[6], (int)header[5]).Select(static word => (int)word)]);
    }

    private static uint[] Words(ReadOnlySpan<byte> bytes, int at, int count)
    {
        var words = new uint[count];
        for (var i = 0; i < count; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + (i * 4))..]);
        }

        return words;
    }

    private static List<string> Strings(byte[] bytes, int at)
    {
        var strings = new List<string>();
        for (; BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) is not 0 and var offset; at += 8)
        {
            strings.Add(Text(bytes, (int)offset));
        }

        return strings;
    }

    private static string Text(byte[] bytes, int at) => Encoding.UTF8.GetString(bytes.AsSpan(at, bytes.AsSpan(at).IndexOf((byte)0)));

    private static uint Version() =>
        uint.Parse(Header.Split('\n').Single(static line => line.StartsWith("#define PLAN_VERSION ", StringComparison.Ordinal)).Split(' ')[2].TrimEnd('u'));
}
