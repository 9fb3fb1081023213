namespace Peapod.Container.State;

/// <summary>There is a container of that id, but a file of its state cannot be read, or says nothing that can be true.</summary>
public sealed class DamagedContainerException : ContainerException
{
    /// <param name="id">The container.</param>
    /// <param name="file">The path of the file.</param>
    /// <param name="reason">What is wrong with it: part of a sentence.</param>
    /// <param name="known">What the other files say.</param>
    /// <param name="cause">What was met with in reading it.</param>
    internal DamagedContainerException(string id, string file, string reason, ContainerRecord? known, Exception? cause = null)
        : base($"container \"{id}\": {file} is damaged: {reason}\n  \"peapod delete --force {id}\" removes the container", 1, cause)
    {
        Id = id;
        Known = known;
    }

    public string Id { get; }

    /// <summary>Its record, without a process unless that is known too; null when the record itself is damaged.</summary>
    public ContainerRecord? Known { get; }
}
