namespace Peapod.Image;

/// <summary>There is no image of that name or id in the store.</summary>
public sealed class ImageNotFoundException(string message) : ImageException(message);
