using System.Reflection;
using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Tests;

namespace Peapod.UnitTests.Manifest.Fields;

/// <summary>Which test shows which field of a manifest at work, read from the tests' own attributes; docs/pod-manifest.md.</summary>
internal sealed class FieldTable
{
    private static readonly (string Heading, FieldRow[] Rows)[] Parts = Divide();

    private readonly Dictionary<string, SortedSet<string>> _tests = Parts.SelectMany(static part => part.Rows).ToDictionary(static row => row.Path, static _ => new SortedSet<string>(StringComparer.Ordinal));
    private readonly List<string> _unknown = [];

    public FieldTable(params Assembly[] assemblies)
    {
        foreach (var type in assemblies.SelectMany(static assembly => assembly.GetTypes()))
        {
            foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            {
                Add(Paths(method).Concat(Paths(type)), $"{type.Name}.{method.Name}");
            }
        }
    }

    /// <summary>Fields that tests name and that there are not.</summary>
    public IReadOnlyList<string> Unknown => _unknown;

    /// <summary>Fields that have their effect, or are shown, and that no test names.</summary>
    public IReadOnlyList<string> Untested => [.. Parts.SelectMany(static part => part.Rows).Where(row => row.Field.Support is FieldSupport.Read or FieldSupport.Shown && _tests[row.Path].Count == 0).Select(static row => row.Path)];

    public string ToMarkdown()
    {
        var text = new StringBuilder("""
            # The manifest, field by field

            Every field of Kubernetes 1.34's Pod, ConfigMap, Secret, PersistentVolumeClaim and RuntimeClass. Made from the schema that manifests are read with and from
            the tests' `[Field]` attributes; `PEAPOD_UPDATE_GOLDEN=1 make unit` writes it anew. The column of podman says what `podman kube play` does
            with a field by its own documentation.

            - **yes**: it has its effect; **no effect on one host**: it is checked, kept and shown;
            - **not yet**: it is an error that says so, unless it asks for what is done anyway; **no**: it is an error, and will be one;
            - **dropped**: it is the API server's own, and left out without a word; **left out with a warning**: it is checked, and asks for what only a cluster can give.

            What a field of an init container or an ephemeral container does is what it does in `spec.containers[]`.


            """);
        foreach (var (heading, rows) in Parts)
        {
            text.Append($"## {heading}\n\n| field | Peapod | podman | tests |\n|---|---|---|---|\n");
            foreach (var row in rows)
            {
                text.Append($"| `{row.Path}` | {Support(row.Field)} | {PodmanSupport.Of(row.Path)} | {Tests(row)} |\n");
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static (string, FieldRow[])[] Divide()
    {
        var pod = FieldRow.Of(PodSchema.Pod, "").ToArray();
        bool InVolume(FieldRow row) => row.Path.StartsWith("spec.volumes", StringComparison.Ordinal);
        bool InContainer(FieldRow row) => row.Path.StartsWith("spec.containers", StringComparison.Ordinal);
        return
        [
            ("Pod", [.. pod.Where(row => !InVolume(row) && !InContainer(row))]),
            ("Containers", [.. pod.Where(InContainer)]),
            ("Volumes", [.. pod.Where(InVolume)]),
            ("ConfigMap", [.. FieldRow.Of(PodSchema.ConfigMap, "ConfigMap.")]),
            ("Secret", [.. FieldRow.Of(PodSchema.Secret, "Secret.")]),
            ("PersistentVolumeClaim", [.. FieldRow.Of(PodSchema.PersistentVolumeClaim, "PersistentVolumeClaim.")]),
            ("RuntimeClass", [.. FieldRow.Of(PodSchema.RuntimeClass, "RuntimeClass.")]),
        ];
    }

    private static string Support(FieldSchema field) => field.Support switch
    {
        FieldSupport.Read => "yes",
        FieldSupport.Shown => "no effect on one host",
        FieldSupport.Dropped => "dropped",
        FieldSupport.LeftOut => "left out with a warning",
        FieldSupport.Refused => $"no: {field.Reason}",
        _ => field.HasRecord ? "not yet" : "no",
    };

    private string Tests(FieldRow row) =>
        _tests[row.Path].Count > 0 ? string.Join("<br>", _tests[row.Path]) : row.Field.Support is FieldSupport.Read or FieldSupport.Shown ? "no test" : "";

    private void Add(IEnumerable<string> paths, string test)
    {
        foreach (var path in paths)
        {
            var meant = Parts.SelectMany(static part => part.Rows).Where(row => row.IsMeantBy(path)).ToList();
            if (meant.Count == 0)
            {
                _unknown.Add($"{test}: {path}");
            }

            meant.ForEach(row => _tests[row.Path].Add(test));
        }
    }

    // By name: each test project has an attribute type of its own.
    private static IEnumerable<string> Paths(MemberInfo member) => member.GetCustomAttributes().Where(static attribute => attribute.GetType().FullName == typeof(FieldAttribute).FullName)
        .SelectMany(static attribute => (IReadOnlyList<string>)attribute.GetType().GetProperty(nameof(FieldAttribute.Paths))!.GetValue(attribute)!);
}
