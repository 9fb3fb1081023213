using Peapod.Image;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Cli.Output;

/// <summary>How far the loading of an image is: one line on a terminal, nothing anywhere else.</summary>
internal sealed class LoadBar
{
    private const int Width = 30;
    private const string EraseLine = "\r\u001b[K";
    private readonly bool isShown = Libc.isatty(2) == 1;
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

    /// <summary><c>layer 2/3 [=======>      ] 12.3MB / 45.6MB</c></summary>
    internal static string ToText(LoadProgress progress)
    {
        var filled = progress.TotalBytes > 0 ? (int)Math.Clamp(progress.Bytes * Width / progress.TotalBytes, 0, Width) : 0;
        var bar = new string('=', filled) + (filled < Width ? ">" : "");
        return $"layer {progress.Number}/{progress.Count} [{bar.PadRight(Width)}] {Commands.StatsCommand.Bytes(progress.Bytes)} / {Commands.StatsCommand.Bytes(progress.TotalBytes)}";
    }

    private void Draw(LoadProgress progress)
    {
        var text = ToText(progress);
        var columns = RawMode.SizeOf(2)?.Columns ?? 80;
        DescriptorWriter.Error.WriteAsIs(EraseLine + (text.Length < columns ? text : text[..Math.Max(0, columns - 1)]));
        isDrawn = true;
    }
}
