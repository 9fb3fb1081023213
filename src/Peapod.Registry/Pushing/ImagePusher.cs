using System.Net;
using System.Net.Http.Headers;
using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Kernel.Files;
using Peapod.Kernel.Terminals;
using Peapod.Registry.Authentication;
using Peapod.Registry.Configuration;
using Peapod.Registry.Transport;

namespace Peapod.Registry.Pushing;

/// <summary>Brings images of the store to registries, as they are: the blobs that came or were loaded, and the manifest that names them.</summary>
public sealed class ImagePusher(ImageStore store, RegistriesConf conf, RegistryOptions options)
{
    private readonly CredentialSource credentials = new(conf, options);

    /// <summary>Told of each blob that is there: its digest, and whether the registry had it.</summary>
    public Action<Digest, bool>? BlobDone { get; init; }

    /// <param name="reference">As for <see cref="ImageStore.Resolve"/>.</param>
    /// <param name="destination">What it shall be called, the registry included.</param>
    /// <returns>The manifest's digest.</returns>
    /// <exception cref="ImageException">There is no such image, or the registry refuses.</exception>
    public Digest Push(string reference, ImageReference destination)
    {
        if (destination.Digest is not null)
        {
            throw new ImageException($"\"{destination}\": an image can be pushed to a name and a tag, not to a digest");
        }

        using var kept = store.KeepContents();
        var image = store.Resolve(reference);
        var endpoint = Endpoint.Of(destination, conf, options).LastOrDefault(static host => host.CanPush)
            ?? throw new RegistryException(RegistryFailure.Denied, $"{destination}: no host is configured to be pushed to");
        using var host = new HostConnection(endpoint, credentials, options);
        Push(image, host, CancellationToken.None).GetAwaiter().GetResult();
        return image.Digest;
    }

    private async Task Push(ContainerImage image, HostConnection host, CancellationToken cancel)
    {
        var content = store.ReadManifest(image);
        var manifest = OciManifest.Read(content, image.Digest.ToString());
        foreach (var blob in manifest.Layers.Append(manifest.Config).DistinctBy(static blob => blob.Digest))
        {
            var wasThere = await IsThere(blob, host, cancel).ConfigureAwait(false);
            if (!wasThere)
            {
                await Upload(blob, host, cancel).ConfigureAwait(false);
            }

            BlobDone?.Invoke(blob.Digest, wasThere);
        }

        var type = JsonField.Parse(content, image.Digest.ToString()).String("mediaType") ?? MediaType.Manifest;
        var request = Request(host, HttpMethod.Put, $"manifests/{host.Endpoint.Name.Tag}", host.Endpoint.Name.ToString()) with
        {
            Content = () => new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        using var answer = await host.Send(request, cancel).ConfigureAwait(false);
    }

    private static async Task<bool> IsThere(Descriptor blob, HostConnection host, CancellationToken cancel)
    {
        try
        {
            using var answer = await host.Send(Request(host, HttpMethod.Head, $"blobs/{blob.Digest}", blob.Digest.ToString()), cancel).ConfigureAwait(false);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (RegistryException error) when (error.Failure == RegistryFailure.NotFound)
        {
            return false;
        }
    }

    /// <summary>In one piece: the registry says where, and takes it there. See the distribution specification, "POST then PUT".</summary>
    private async Task Upload(Descriptor blob, HostConnection host, CancellationToken cancel)
    {
        var path = store.BlobPath(blob.Digest);
        if (FileSystem.TryStat(path) is not { } found || (long)found.Size != blob.Size)
        {
            throw new ImageException($"{path} is missing or damaged; load or pull the image again");
        }

        Uri place;
        using (var begun = await host.Send(Request(host, HttpMethod.Post, "blobs/uploads/", blob.Digest.ToString()) with { Content = static () => new ByteArrayContent([]) }, cancel).ConfigureAwait(false))
        {
            var from = begun.RequestMessage!.RequestUri!;
            var location = begun.Headers.Location ?? throw new RegistryException(RegistryFailure.Broken, $"{host.Endpoint.Label} does not say where to upload {blob.Digest}");
            place = new Uri(from, location);
            if (place.Scheme != from.Scheme)
            {
                throw new RegistryException(RegistryFailure.Broken, $"{host.Endpoint.Label} wants {blob.Digest} at {Printable.Short(place.GetLeftPart(UriPartial.Authority))}, by {place.Scheme} in place of {from.Scheme}");
            }
        }

        var address = new UriBuilder(place) { Query = $"{(place.Query.Length > 1 ? $"{place.Query[1..]}&" : "")}digest={Uri.EscapeDataString(blob.Digest.ToString())}" }.Uri;
        var upload = Request(host, HttpMethod.Put, "", blob.Digest.ToString()) with
        {
            Address = address,
            Content = () => new BlobContent(path, blob.Size) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
        };
        using var done = await host.Send(upload, cancel).ConfigureAwait(false);
    }

    private static RegistryRequest Request(HostConnection host, HttpMethod method, string path, string subject) =>
        new(method, path, $"repository:{host.Endpoint.Name.Path}:pull,push", subject);
}
