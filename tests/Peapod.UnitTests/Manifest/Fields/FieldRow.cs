using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest.Fields;

/// <summary>A field of docs/pod-manifest.md.</summary>
/// <param name="Path">As <see cref="Peapod.Tests.FieldAttribute"/> writes it.</param>
/// <param name="Field">The field itself.</param>
internal sealed record FieldRow(string Path, FieldSchema Field)
{
    /// <summary>Records that one row stands for: they are one value in several parts, or told in another row.</summary>
    private static readonly string[] Wholes =
    [
        "initContainers", "ephemeralContainers", "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "configMapRef", "secretRef",
        "exec", "httpGet", "tcpSocket", "grpc", "sleep", "seLinuxOptions", "hostAliases", "sysctls", "items", "volumeClaimTemplate", "imagePullSecrets", "resizePolicy", "serviceAccountToken",
    ];

    /// <summary>All rows of an object, in the schema's order.</summary>
    /// <param name="schema">Its schema.</param>
    /// <param name="prefix">What stands before its fields.</param>
    public static IEnumerable<FieldRow> Of(RecordSchema schema, string prefix)
    {
        foreach (var field in schema.Fields)
        {
            var record = field.Kind == FieldKind.List ? field.Element?.Fields : field.Fields;
            var path = prefix + field.Name + (field.Kind == FieldKind.List ? "[]" : "");
            if (record is null || Wholes.Contains(field.Name))
            {
                yield return new FieldRow(prefix + field.Name, field);
                continue;
            }

            foreach (var row in Of(record, path + "."))
            {
                // What is below a field that does not work does not work either.
                yield return field.Support is FieldSupport.Read ? row : row with { Field = row.Field with { Support = field.Support } };
            }
        }
    }

    /// <summary>Whether a test that names <paramref name="path"/> is about this row: it is the row, a part of it, or what contains it.</summary>
    public bool IsMeantBy(string path) => IsWithin(Path, path) || IsWithin(path, Path);

    private static bool IsWithin(string path, string container) =>
        path.StartsWith(container, StringComparison.Ordinal) && (path.Length == container.Length || path[container.Length] is '.' or '[');
}
