namespace Peapod.Oci;

/// <summary>A document that cannot be used: the field, by its path from the document's root, and what is wrong with it.</summary>
public sealed class SpecException : Exception
{
    /// <param name="field">The path: <c>mounts[3].options[1]</c>; empty for the document itself.</param>
    /// <param name="problem">The rest of the sentence that the field begins.</param>
    public SpecException(string field, string problem, Exception? innerException = null)
        : base(field.Length == 0 ? problem : $"{field}: {problem}", innerException)
    {
        Field = field;
        Problem = problem;
    }

    public string Field { get; }

    public string Problem { get; }

    /// <summary>The same problem, told from the document that holds this one as <paramref name="outer"/>.</summary>
    internal SpecException Within(string outer) =>
        new(Field.Length == 0 || outer.Length == 0 || Field[0] == '[' ? outer + Field : $"{outer}.{Field}", Problem, InnerException);
}
