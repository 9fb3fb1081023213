namespace Peapod.Kernel.Files;

/// <summary>A lock that somebody else held for as long as it was waited for.</summary>
public sealed class LockHeldException : KernelException
{
    internal LockHeldException(string path, string holder, int waitedMilliseconds)
        : base($"\"{path}\" is locked by {holder}, which has not let go of it in {waitedMilliseconds / 1000} seconds", "fcntl", path, Errno.EAGAIN) => Holder = holder;

    /// <summary>Who holds it, in words: its number and its command line.</summary>
    public string Holder { get; }
}
