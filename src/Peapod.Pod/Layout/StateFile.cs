using Peapod.Kernel;
using Peapod.Oci;

namespace Peapod.Pod.Layout;

/// <summary>Reads files in which Peapod keeps something: what somebody else made of one is told by its path, and is one kind of failure.</summary>
internal static class StateFile
{
    /// <param name="path">The file.</param>
    /// <param name="parse">Throws <see cref="SpecException"/> or <see cref="FormatException"/> for what is none.</param>
    /// <param name="remedy">What the user can do when it is damaged.</param>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="DamagedStateException">It cannot be read.</exception>
    internal static T? TryRead<T>(string path, Func<byte[], T> parse, string? remedy = null)
        where T : class
    {
        try
        {
            return PodFolders.TryRead(path) is { } content ? parse(content) : null;
        }
        catch (KernelException e) when (e.IsDamage)
        {
            throw new DamagedStateException(path, e.Reason, remedy, e);
        }
        catch (Exception e) when (e is SpecException or FormatException)
        {
            throw new DamagedStateException(path, e.Message, remedy, e);
        }
    }
}
