using Peapod.Image;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Cli.Output;

/// <summary>How far the loading of an image is, all its layers together: one line on a terminal, nothing anywhere else.</summary>
internal sealed class LoadBar
{
    private const int Width = 30;
    private const string EraseLine = "\r\u001b[K";
    private readonly bool isShown = Libc.isatty(2) == 1;
    private readonly Dictionary<string, LoadProgress> layers = [];
    private bool isDrawn;

    internal Action<LoadProgress>? Progress => isShown ? Draw : null;

    internal void Erase()
    {
        if (isDrawn)
        {
            DescriptorWriter.Error.WriteAsIs(EraseLine);
            isDrawn = false;
        }
    }

    /// <summary><c>2/3 layers [=======>      ] 12.3MB / 45.6MB</c>, of those that are read or have been.</summary>
    internal static string ToText(IReadOnlyCollection<LoadProgress> layers)
    {
        var bytes = layers.Sum(static layer => layer.Bytes);
        var total = layers.Sum(static layer => layer.TotalBytes);
        var filled = total > 0 ? (int)Math.Clamp(bytes * Width / total, 0, Width) : 0;
        var bar = new string('=', filled) + (filled < Width ? ">" : "");
        return $"{layers.Count(static layer => layer.Bytes == layer.TotalBytes)}/{layers.First().Count} layers [{bar.PadRight(Width)}] {Commands.StatsCommand.Bytes(bytes)} / {Commands.StatsCommand.Bytes(total)}";
    }

    private void Draw(LoadProgress progress)
    {
        if (layers.Count > 0 && layers.First().Value.Count != progress.Count)
        {
            // Another image.
            layers.Clear();
        }

        layers[progress.Layer] = progress;
        var text = ToText(layers.Values);
        var columns = RawMode.SizeOf(2)?.Columns ?? 80;
        DescriptorWriter.Error.WriteAsIs(EraseLine + (text.Length < columns ? text : text[..Math.Max(0, columns - 1)]));
        isDrawn = true;
    }
}
