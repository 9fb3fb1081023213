namespace Peapod.Registry.Transport;

/// <summary>Small answers, read whole.</summary>
internal static class Body
{
    /// <param name="subject">What it is, for messages.</param>
    /// <exception cref="RegistryException">It is longer than the limit, is cut, or does not come.</exception>
    internal static async Task<byte[]> ReadLimited(HttpResponseMessage response, int limit, string subject, RegistryOptions options, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentLength > limit)
        {
            throw TooLong(subject, limit);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(options.ProgressTimeout);
        var content = new MemoryStream();
        var buffer = new byte[16 << 10];
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            for (int count; (count = await stream.ReadAsync(buffer, deadline.Token).ConfigureAwait(false)) > 0;)
            {
                content.Write(buffer, 0, count);
                if (content.Length > limit)
                {
                    throw TooLong(subject, limit);
                }
            }
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new RegistryException(RegistryFailure.Unreachable, $"{subject} has not come within {options.ProgressTimeout.TotalSeconds:0.#} s", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw Failure.Translate(error, response.RequestMessage!.RequestUri!);
        }

        return content.ToArray();
    }

    private static RegistryException TooLong(string subject, int limit) => new(RegistryFailure.Broken, $"{subject} has more than {limit} bytes");
}
