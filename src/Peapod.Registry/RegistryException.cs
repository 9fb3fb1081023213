using Peapod.Image;

namespace Peapod.Registry;

/// <summary>What a registry refused, or why it could not be asked; the message is a sentence that names it.</summary>
public sealed class RegistryException : ImageException
{
    public RegistryException(RegistryFailure failure, string message)
        : base(message) => Failure = failure;

    public RegistryException(RegistryFailure failure, string message, Exception inner)
        : base(message, inner) => Failure = failure;

    public RegistryFailure Failure { get; }

    public override bool IsFromSource => true;
}

/// <summary>What kind of failure it is: whether another host may do better.</summary>
public enum RegistryFailure
{
    /// <summary>There is no such repository or tag there.</summary>
    NotFound,

    /// <summary>Not for these credentials, or for none.</summary>
    Denied,

    /// <summary>Too many requests.</summary>
    Limited,

    /// <summary>It cannot be reached, its certificate is not trusted, or it does not answer in time.</summary>
    Unreachable,

    /// <summary>It answers something that makes no sense.</summary>
    Broken,
}
