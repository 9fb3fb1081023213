using System.Net;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Registry.Transport;

/// <summary>A file as the body of a request, that tells when some of it has gone: an upload is given up when nothing goes, not when it takes long.</summary>
internal sealed class BlobContent(string path, long size) : HttpContent
{
    private const int BufferSize = 128 << 10;

    internal Action? Progress { get; set; }

    protected override bool TryComputeLength(out long length)
    {
        length = size;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var file = new FileStream(FileSystem.Open(path, Libc.O_RDONLY).Detach(), FileAccess.Read, bufferSize: 0);
        var buffer = new byte[BufferSize];
        for (int count; (count = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            Progress?.Invoke();
        }
    }
}
