using Peapod.Pod.Objects;

namespace Peapod.Pod.Cli.Description;

/// <summary>The volumes of a pod as <c>kubectl describe pod</c> shows them.</summary>
internal static class VolumeDescription
{
    internal static void WriteAll(DescriptionWriter writer, IReadOnlyList<Volume> volumes)
    {
        writer.Line(0, volumes.Count == 0 ? ["Volumes:", "<none>"] : ["Volumes:"]);
        foreach (var volume in volumes)
        {
            writer.Line(1, $"{volume.Name}:");
            Write(writer, volume);
        }
    }

    private static void Write(DescriptionWriter writer, Volume volume)
    {
        switch (volume)
        {
            case { HostPath: { } source }:
                Fields("HostPath (bare host directory volume)", ("Path", source.Path), ("HostPathType", source.Type == HostPathType.Unchecked ? "" : $"{source.Type}"));
                break;
            case { EmptyDir: { } source }:
                Fields("EmptyDir (a temporary directory that shares a pod's lifetime)", ("Medium", source.Medium == StorageMedium.Default ? "" : $"{source.Medium}"), ("SizeLimit", source.SizeLimit is { } limit ? $"{limit}" : "<unset>"));
                break;
            case { Secret: { } source }:
                Fields("Secret (a volume populated by a Secret)", ("SecretName", source.SecretName), ("Optional", Lower(source.Optional)));
                break;
            case { ConfigMap: { } source }:
                Fields("ConfigMap (a volume populated by a ConfigMap)", ("Name", source.Name), ("Optional", Lower(source.Optional)));
                break;
            case { PersistentVolumeClaim: { } source }:
                Fields("PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)", ("ClaimName", source.ClaimName), ("ReadOnly", source.ReadOnly ? "true" : "false"));
                break;
            case { Ephemeral: not null }:
                Fields("EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)");
                break;
            case { Image: { } source }:
                Fields("Image (a container image or OCI artifact)", ("Reference", source.Reference), ("PullPolicy", $"{source.PullPolicy}"));
                break;
            case { DownwardAPI: { } source }:
                Fields("DownwardAPI (a volume populated by information about the pod)");
                writer.Line(2, "Items:");
                foreach (var item in source.Items)
                {
                    writer.Line(3, $"{item.FieldRef?.FieldPath ?? item.ResourceFieldRef?.Resource} -> {item.Path}");
                }

                break;
            case { Projected: { } source }:
                Fields("Projected (a volume that contains injected data from multiple sources)");
                foreach (var part in source.Sources)
                {
                    Projection(writer, part);
                }

                break;
            default:
                writer.Line(2, "<unknown>");
                break;
        }

        void Fields(string type, params ReadOnlySpan<(string Name, string Value)> fields)
        {
            writer.Field(2, "Type", type);
            foreach (var (name, value) in fields)
            {
                writer.Field(2, name, value);
            }
        }
    }

    private static void Projection(DescriptionWriter writer, VolumeProjection part)
    {
        switch (part)
        {
            case { Secret: { } secret }:
                writer.Field(2, "SecretName", secret.Name);
                writer.Field(2, "SecretOptionalName", Pointer(secret.Optional));
                break;
            case { ConfigMap: { } map }:
                writer.Field(2, "ConfigMapName", map.Name);
                writer.Field(2, "ConfigMapOptional", Pointer(map.Optional));
                break;
            case { DownwardAPI: not null }:
                writer.Field(2, "DownwardAPI", "true");
                break;
        }
    }

    private static string Lower(bool? value) => value == true ? "true" : "false";

    /// <summary>Go's way to print what is not set.</summary>
    private static string Pointer(bool? value) => value is null ? "<nil>" : Lower(value);
}
