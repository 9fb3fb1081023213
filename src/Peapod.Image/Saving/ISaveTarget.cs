namespace Peapod.Image.Saving;

/// <summary>Where the files of saved images go: an archive, or a folder.</summary>
public interface ISaveTarget
{
    /// <param name="name">The file's path, below the target's root.</param>
    /// <param name="content">What it holds.</param>
    /// <param name="size">Bytes of it, no more and no less.</param>
    void Write(string name, Stream content, long size);

    void Write(string name, byte[] content)
    {
        using var stream = new MemoryStream(content);
        Write(name, stream, content.Length);
    }
}
