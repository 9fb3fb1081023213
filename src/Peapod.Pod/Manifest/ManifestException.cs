using Peapod.Kernel.Terminals;

namespace Peapod.Pod.Manifest;

/// <summary>A manifest that cannot be taken, with everything that is wrong with it. The message has a line for each error.</summary>
public sealed class ManifestException(IReadOnlyList<ManifestError> errors)
    : Exception(string.Join('\n', errors.Select(static error => Printable.Sentence(error.ToString()))))
{
    public IReadOnlyList<ManifestError> Errors { get; } = errors;
}
