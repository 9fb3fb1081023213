using System.Net;
using Peapod.Image;

namespace Peapod.Registry.Transport;

/// <summary>
/// A blob as it comes from a registry. A transfer that is cut, or brings nothing, goes on where it was, at another host perhaps. Verifies nothing: whoever
/// reads it does.
/// </summary>
internal sealed class BlobStream(IReadOnlyList<HostConnection> hosts, string scope, Digest digest, long size, RegistryOptions options, CancellationToken cancel) : Stream
{
    private long position;
    private int host;
    private int failures;
    private long failedAt;
    private Stream? body;
    private HttpResponseMessage? response;
    private long waited;
    private long windowPosition;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override int Read(byte[] array, int offset, int count) => ReadAsync(array.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                await Open().ConfigureAwait(false);
                var count = await ReadSome(buffer).ConfigureAwait(false);
                if (count > 0)
                {
                    position += count;
                    return count;
                }

                if (position >= size)
                {
                    return 0;
                }

                throw new RegistryException(RegistryFailure.Unreachable, $"{hosts[host].Endpoint.Label} closed the connection after {position} of {size} bytes of {digest}");
            }
            catch (RegistryException error)
            {
                HangUp();
                if (position >= size || !await MayGoOn(error).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] array, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        HangUp();
        base.Dispose(disposing);
    }

    /// <summary>Whether to try again here or, when that is over, at the next host.</summary>
    private async Task<bool> MayGoOn(RegistryException error)
    {
        // Who sends a little before each cut is not tried for ever.
        if (position - failedAt >= options.LeastProgress)
        {
            failures = 0;
        }

        failedAt = position;
        if (error.Failure == RegistryFailure.Unreachable && failures < options.Retries)
        {
            await Task.Delay(options.RetryDelay * (1 << Math.Min(failures++, 16)), cancel).ConfigureAwait(false);
            return true;
        }

        failures = 0;
        return ++host < hosts.Count;
    }

    private async Task Open()
    {
        if (body is not null)
        {
            return;
        }

        var connection = hosts[host];
        response = await connection.Send(new(HttpMethod.Get, $"blobs/{digest}", scope, digest.ToString()) { From = position }, cancel).ConfigureAwait(false);
        body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        BeginWindow();
        if (position > 0 && response.StatusCode != HttpStatusCode.PartialContent)
        {
            // It does not know ranges and begins anew.
            await Skip(position).ConfigureAwait(false);
        }
        else if (position > 0 && response.Content.Headers.ContentRange?.From != position)
        {
            throw new RegistryException(RegistryFailure.Broken, $"{connection.Endpoint.Label}: asked for {digest} from byte {position} on, it sends another range");
        }
    }

    private async Task Skip(long count)
    {
        var buffer = new byte[64 << 10];
        for (var left = count; left > 0;)
        {
            var read = await ReadSome(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length))).ConfigureAwait(false);
            left -= read > 0 ? read : throw new RegistryException(RegistryFailure.Unreachable, $"{hosts[host].Endpoint.Label} closed the connection while sending {digest} again");
            windowPosition -= read;
        }

        BeginWindow();
    }

    /// <summary>Reads what there is; too little in too much time is a failure. Only the time in which this side waits for the other counts.</summary>
    private async Task<int> ReadSome(Memory<byte> buffer)
    {
        var patience = (long)options.ProgressTimeout.TotalMilliseconds;
        if (waited >= patience)
        {
            if (position - windowPosition < Math.Min(options.LeastProgress, size - windowPosition))
            {
                throw Hung();
            }

            BeginWindow();
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter((int)Math.Max(patience - waited, 1));
        var before = Environment.TickCount64;
        try
        {
            return await body!.ReadAsync(buffer, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Hung();
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw Failure.Translate(error, response!.RequestMessage!.RequestUri!);
        }
        finally
        {
            waited += Environment.TickCount64 - before;
        }
    }

    private void BeginWindow()
    {
        waited = 0;
        windowPosition = position;
    }

    private RegistryException Hung() =>
        new(RegistryFailure.Unreachable, $"{hosts[host].Endpoint.Label} has sent less than {options.LeastProgress} bytes of {digest} in {options.ProgressTimeout.TotalSeconds:0.#} s");

    private void HangUp()
    {
        body?.Dispose();
        response?.Dispose();
        body = null;
        response = null;
    }
}
