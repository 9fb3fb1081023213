using System.Diagnostics.CodeAnalysis;

namespace Peapod.Pod.Manifest;

/// <summary>All fields that one type of the Kubernetes v1 schema has.</summary>
internal sealed class RecordSchema(params FieldSchema[] fields)
{
    private readonly Dictionary<string, FieldSchema> _fields = fields.ToDictionary(field => field.Name);

    public IEnumerable<FieldSchema> Fields => _fields.Values;

    public bool TryGet(string name, [NotNullWhen(true)] out FieldSchema? field) => _fields.TryGetValue(name, out field);

    /// <summary>The name that a misspelt one most likely stands for.</summary>
    public string? Nearest(string name) => Spelling.Nearest(name, _fields.Keys);
}
