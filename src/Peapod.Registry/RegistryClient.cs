using System.Text;
using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Image.Layers;
using Peapod.Kernel.Terminals;
using Peapod.Registry.Authentication;
using Peapod.Registry.Configuration;
using Peapod.Registry.Transport;

namespace Peapod.Registry;

/// <summary>One repository: at its registry, and at the mirrors that stand in for it.</summary>
internal sealed class RegistryClient : IDisposable
{
    private const int LargestList = 4 << 20;

    /// <summary>Pages of a list of tags.</summary>
    private const int MostPages = 1000;

    private static readonly string[] ManifestTypes = [MediaType.Index, MediaType.Manifest, MediaType.DockerIndex, MediaType.DockerManifest];

    private readonly RegistryOptions options;
    private readonly ImageReference name;
    private readonly List<HostConnection> hosts;

    internal RegistryClient(ImageReference name, RegistriesConf conf, CredentialSource credentials, RegistryOptions options)
    {
        this.name = name;
        this.options = options;
        hosts = Endpoint.Of(name, conf, options).Select(endpoint => new HostConnection(endpoint, credentials, options)).ToList();
    }

    public void Dispose() => hosts.ForEach(static host => host.Dispose());

    /// <summary>The manifest or index of a tag or a digest, from the first host that has it. That host is asked first from then on.</summary>
    /// <exception cref="RegistryException">No host has it; the registry's own answer comes first, its mirrors' below.</exception>
    internal async Task<FetchedManifest> Manifest(string reference, CancellationToken cancel)
    {
        var isDigest = reference.Contains(':');
        return await FromFirst(hosts.FindAll(host => host.Endpoint.CanPull && (isDigest || host.Endpoint.CanResolve)), async host =>
        {
            var fetched = await Manifest(host, reference, cancel).ConfigureAwait(false);
            hosts.Remove(host);
            hosts.Insert(0, host);
            return fetched;
        }).ConfigureAwait(false);
    }

    /// <summary>A blob, to be verified by whoever reads it.</summary>
    internal BlobStream Blob(Digest digest, long size, CancellationToken cancel) =>
        new([.. hosts.FindAll(static host => host.Endpoint.CanPull)], Scope("pull"), digest, size, options, cancel);

    /// <summary>All tags, as the registry orders them.</summary>
    internal Task<List<string>> Tags(CancellationToken cancel) =>
        FromFirst(hosts.FindAll(static host => host.Endpoint is { CanPull: true, CanResolve: true }), host => Tags(host, cancel));

    private async Task<FetchedManifest> Manifest(HostConnection host, string reference, CancellationToken cancel)
    {
        var subject = reference.Contains(':') ? $"{name.Repository}@{reference}" : $"{name.Repository}:{reference}";
        using var response = await host.Send(new(HttpMethod.Get, $"manifests/{reference}", Scope("pull"), subject) { Accept = ManifestTypes }, cancel).ConfigureAwait(false);
        var content = await Body.ReadLimited(response, options.LargestManifest, $"the manifest of {subject}", options, cancel).ConfigureAwait(false);
        var digest = Digest.OfHash(Sha256.Hash(content));
        if (reference.Contains(':') ? digest.ToString() != reference : Claimed(response) is { } claimed && claimed != digest.ToString())
        {
            throw new RegistryException(RegistryFailure.Broken, $"{subject}: what {host.Endpoint.Label} sends has the digest {digest}, expected {(reference.Contains(':') ? reference : Printable.Short(Claimed(response)!))}");
        }

        return new(content, digest, TypeOf(response, content, subject));
    }

    private static string? Claimed(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Docker-Content-Digest", out var values) && values.First() is var value && value.StartsWith("sha256:", StringComparison.Ordinal) ? value : null;

    /// <summary>What the answer is: by its header, or by its own word where the header is too general.</summary>
    private static string TypeOf(HttpResponseMessage response, byte[] content, string subject)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (MediaType.IsManifest(type) || MediaType.IsIndex(type))
        {
            return type;
        }

        if (type.StartsWith("application/vnd.docker.distribution.manifest.v1", StringComparison.Ordinal))
        {
            throw new ImageException($"{subject}: its manifest is of Docker's schema 1, which was given up in 2017; push it again with a tool of today");
        }

        var json = JsonField.Parse(content, $"the manifest of {subject}");
        var own = json.String("mediaType") ?? (json.Has("manifests") ? MediaType.Index : json.Has("layers") ? MediaType.Manifest : type);
        return MediaType.IsManifest(own) || MediaType.IsIndex(own)
            ? own
            : throw new ImageException($"{subject}: media type {Printable.Short(own)} is neither an image's nor an index's; expected {MediaType.Manifest} or {MediaType.Index}");
    }

    private async Task<List<string>> Tags(HostConnection host, CancellationToken cancel)
    {
        var tags = new List<string>();
        var request = new RegistryRequest(HttpMethod.Get, "tags/list", Scope("pull"), $"the tags of {name.Repository}");
        for (var page = 0; page < MostPages; page++)
        {
            using var response = await host.Send(request, cancel).ConfigureAwait(false);
            var json = JsonField.Parse(await Body.ReadLimited(response, LargestList, request.Subject, options, cancel).ConfigureAwait(false), request.Subject);
            tags.AddRange(json.Strings("tags") ?? []);
            if (Next(response) is not { } next)
            {
                return tags;
            }

            request = request with { Address = next };
        }

        throw new RegistryException(RegistryFailure.Broken, $"{request.Subject}: {host.Endpoint.Label} sends more than {MostPages} pages");
    }

    /// <summary>The next page of a list, of the same host: RFC 8288's Link header.</summary>
    private static Uri? Next(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links) || links.FirstOrDefault(static link => link.Contains("rel=\"next\"", StringComparison.Ordinal)) is not { } link
            || link.IndexOf('<') is not (>= 0 and var begin) || link.IndexOf('>') is not (>= 0 and var end) || end < begin)
        {
            return null;
        }

        var from = response.RequestMessage!.RequestUri!;
        return Uri.TryCreate(from, link[(begin + 1)..end], out var next) && next.Scheme == from.Scheme && next.Authority == from.Authority ? next : null;
    }

    private string Scope(string actions) => $"repository:{hosts[^1].Endpoint.Name.Path}:{actions}";

    private async Task<T> FromFirst<T>(List<HostConnection> candidates, Func<HostConnection, Task<T>> ask)
    {
        var failures = new List<(HostConnection Host, ImageException Error)>();
        foreach (var host in candidates)
        {
            try
            {
                return await ask(host).ConfigureAwait(false);
            }
            catch (ImageException error)
            {
                failures.Add((host, error));
            }
        }

        if (failures.Count == 0)
        {
            throw new RegistryException(RegistryFailure.Denied, $"{name}: no host is configured to be pulled from");
        }

        // The registry itself was asked last, and its word is the one that counts.
        var last = failures[^1].Error;
        if (failures.Count == 1)
        {
            throw last;
        }

        var text = new StringBuilder(last.Message);
        foreach (var (host, error) in failures.SkipLast(1))
        {
            text.Append($"\n  mirror {host.Endpoint.Label}: {error.Message.Replace("\n", ";", StringComparison.Ordinal)}");
        }

        throw new RegistryException((last as RegistryException)?.Failure ?? RegistryFailure.Broken, text.ToString(), last);
    }
}
