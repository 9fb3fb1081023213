namespace Peapod.Oci;

/// <summary>A document cannot be read, or asks for what the runtime-spec does not allow.</summary>
/// <param name="field">The JSON path of the field at fault, such as <c>mounts[3].options[1]</c>; empty when it is the whole document.</param>
/// <param name="message">What is wrong with it: part of a sentence, without the field and without a capital letter.</param>
public sealed class SpecException(string field, string message)
    : Exception(field.Length == 0 ? message : field + ": " + message)
{
    /// <summary>The JSON path of the field at fault; empty when it is the whole document.</summary>
    public string Field { get; } = field;

    /// <summary>What is wrong, without the field.</summary>
    public string Reason { get; } = message;
}
