namespace Peapod.Image;

/// <summary>An image, a reference or a file of an image that cannot be used; the message is a sentence for the user that names it.</summary>
public class ImageException : Exception
{
    public ImageException(string message)
        : base(message)
    {
    }

    public ImageException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Where the image comes from cannot be read any more; nothing is said of what came until then.</summary>
    public virtual bool IsFromSource => false;
}
