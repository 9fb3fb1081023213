namespace Peapod.Container.Criu;

/// <summary>criu_req of criu's rpc.proto.</summary>
internal sealed record CriuRequest(CriuRequestType Type)
{
    internal CriuOptions? Options { get; init; }

    /// <summary>The answer to a notification.</summary>
    internal bool? NotifySuccess { get; init; }

    /// <summary>Ask whether the kernel tells of changed pages.</summary>
    internal bool AsksForMemoryTracking { get; init; }

    /// <summary>Ask whether pages can be fetched when they are used.</summary>
    internal bool AsksForLazyPages { get; init; }

    internal ReadOnlySpan<byte> Encode()
    {
        var writer = new ProtobufWriter();
        writer.Number(1, (int)Type);
        if (Options is not null)
        {
            writer.Message(2, Options.Encode());
        }

        if (NotifySuccess is { } success)
        {
            writer.Number(3, success ? 1 : 0);
        }

        if (AsksForMemoryTracking || AsksForLazyPages)
        {
            var features = new ProtobufWriter();
            features.Flag(1, AsksForMemoryTracking);
            features.Flag(2, AsksForLazyPages);
            writer.Message(5, features);
        }

        return writer.Written;
    }
}
