using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Image.Layers;
using Peapod.Image.Sources;

namespace Peapod.Registry.Pulling;

/// <summary>One image as a registry has it, for the store to take in.</summary>
/// <param name="name">What the user called it.</param>
/// <param name="client">The registry and its mirrors, those that had the manifest first.</param>
/// <param name="manifest">The manifest or index that was asked for, which has come already.</param>
internal sealed class RegistrySource(ImageReference name, RegistryClient client, FetchedManifest manifest) : ImageSource
{
    private readonly CancellationTokenSource givenUp = new();

    internal override string Path => name.ToString();

    internal override string NameOf(Digest blob) => $"{name.Repository}@{blob}";

    internal override void GiveUp() => givenUp.Cancel();

    internal override Stream? TryOpen(string file, out long length)
    {
        length = 0;
        return null;
    }

    internal override Stream? TryOpen(Descriptor descriptor, out long length)
    {
        if (descriptor.Digest == manifest.Digest)
        {
            length = manifest.Content.Length;
            return new MemoryStream(manifest.Content);
        }

        if (MediaType.IsManifest(descriptor.MediaType) || MediaType.IsIndex(descriptor.MediaType))
        {
            var fetched = client.Manifest(descriptor.Digest.ToString(), givenUp.Token).GetAwaiter().GetResult();
            length = fetched.Content.Length;
            return new MemoryStream(fetched.Content);
        }

        // Its length shows when it is read.
        length = descriptor.Size;
        var blob = client.Blob(descriptor.Digest, descriptor.Size, givenUp.Token);
        return MediaType.IsConfig(descriptor.MediaType) ? blob : new ReadAhead(blob);
    }

    protected override void Dispose(bool disposing) => givenUp.Dispose();
}
