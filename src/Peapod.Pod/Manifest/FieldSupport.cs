namespace Peapod.Pod.Manifest;

/// <summary>What Peapod does with a field that Kubernetes knows.</summary>
internal enum FieldSupport
{
    /// <summary>It has its effect, or is kept and shown where one host has none for it.</summary>
    Read,

    /// <summary>It is the API server's own business (status, uid): dropped without a word, as the API server does on creation.</summary>
    Dropped,

    /// <summary>It is an error for now, unless it asks for what is done anyway (<see cref="FieldSchema.Neutral"/>).</summary>
    Later,
}
