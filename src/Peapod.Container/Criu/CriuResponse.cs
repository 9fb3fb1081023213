namespace Peapod.Container.Criu;

/// <summary>criu_resp of criu's rpc.proto.</summary>
internal sealed record CriuResponse(CriuRequestType Type, bool Success)
{
    /// <summary>errno of what failed, or 0.</summary>
    internal int Error { get; private init; }

    /// <summary>Of a notification: the script that criu would run at that point.</summary>
    internal string Script { get; private init; } = "";

    /// <summary>Of a notification or of a restore: the number of the tree's first process, 0 when it says none.</summary>
    internal int Pid { get; private init; }

    /// <summary>As 31600 for 3.16.</summary>
    internal int Version { get; private init; }

    internal bool TracksMemory { get; private init; }

    internal bool HasLazyPages { get; private init; }

    /// <exception cref="FormatException">No answer of criu's.</exception>
    internal static CriuResponse Parse(ReadOnlySpan<byte> message)
    {
        var response = new CriuResponse(0, false);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            response = reader.Field switch
            {
                1 => response with { Type = (CriuRequestType)reader.Int32 },
                2 => response with { Success = reader.Flag },
                4 => response with { Pid = NumberOf(reader.Bytes, 1) },
                5 => response with { Script = TextOf(reader.Bytes, 1), Pid = NumberOf(reader.Bytes, 2) },
                7 => response with { Error = reader.Int32 },
                8 => response with { TracksMemory = NumberOf(reader.Bytes, 1) != 0, HasLazyPages = NumberOf(reader.Bytes, 2) != 0 },
                10 => response with { Version = (NumberOf(reader.Bytes, 1) * 10000) + (NumberOf(reader.Bytes, 2) * 100) + NumberOf(reader.Bytes, 4) },
                _ => response,
            };
        }

        return response.Type != 0 ? response : throw new FormatException("the answer has no type");
    }

    private static int NumberOf(ReadOnlySpan<byte> message, int field)
    {
        var value = 0;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            value = reader.Field == field ? reader.Int32 : value;
        }

        return value;
    }

    private static string TextOf(ReadOnlySpan<byte> message, int field)
    {
        var value = "";
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            value = reader.Field == field ? reader.Text : value;
        }

        return value;
    }
}
