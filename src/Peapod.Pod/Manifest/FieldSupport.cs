namespace Peapod.Pod.Manifest;

/// <summary>What Peapod does with a field that Kubernetes knows.</summary>
internal enum FieldSupport
{
    /// <summary>It has its effect.</summary>
    Read,

    /// <summary>It is checked, kept and shown; on one host it has no effect.</summary>
    Shown,

    /// <summary>It asks for what one host without a cluster cannot give, and will never be taken (<see cref="FieldSchema.Reason"/>).</summary>
    Refused,

    /// <summary>It is the API server's own business (status, uid): dropped without a word, as the API server does on creation.</summary>
    Dropped,

    /// <summary>It asks for what only a cluster can give; it is checked, and left out with a warning.</summary>
    LeftOut,

    /// <summary>It is an error for now, unless it asks for what is done anyway (<see cref="FieldSchema.Neutral"/>).</summary>
    Later,
}
