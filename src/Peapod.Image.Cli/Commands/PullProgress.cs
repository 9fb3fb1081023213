using Peapod.Pod.Cli.Output;

namespace Peapod.Image.Cli.Commands;

/// <summary>How a pull goes, on standard error: a line that changes on a terminal, and a line for each step.</summary>
internal sealed class PullProgress(bool isQuiet)
{
    private const int ShortDigest = 19;

    private readonly LoadBar bar = new();

    internal Action<string>? Trying => isQuiet ? null : static name => Console.Error.WriteLine($"Trying to pull {name}...");

    internal Action<LoadProgress>? Progress => isQuiet ? null : bar.Progress;

    internal Action<string, bool>? LayerDone => isQuiet ? null : (layer, wasThere) =>
    {
        Done();
        Console.Error.WriteLine($"Copying blob {(layer.Length > ShortDigest ? layer[..ShortDigest] : layer)} {(wasThere ? "skipped: already exists" : "done")}");
    };

    internal void Done() => bar.Erase();
}
