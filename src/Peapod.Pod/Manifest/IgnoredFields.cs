namespace Peapod.Pod.Manifest;

/// <summary>The fields of a manifest that are taken and have no effect on one host.</summary>
public static class IgnoredFields
{
    /// <summary>Each once, in the manifest's order, with why: <c>spec.nodeName</c> and the sentence.</summary>
    /// <param name="place">Where the pod stands: what its file does not say is not told, whatever its default.</param>
    public static IReadOnlyList<(string Field, string Why)> Of(ManifestPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        var found = new List<(string Field, string Why)>();
        foreach (var path in place.Fields)
        {
            if (!found.Exists(known => SourceLines.IsWithin(path, known.Field)) && WhyIgnored(path) is { } why)
            {
                found.Add((path, why));
            }
        }

        return found;
    }

    private static string? WhyIgnored(string path)
    {
        FieldSchema? field = null;
        var record = PodSchema.Pod;
        foreach (var part in path.Split('.'))
        {
            // An element of a list is its list's kind of thing.
            if (record is null || !record.TryGet(part.Split('[')[0], out field))
            {
                return null;
            }

            if (field.Support == FieldSupport.Shown)
            {
                return "it is checked, kept and shown, and means something to a cluster only";
            }

            if (field.Support == FieldSupport.LeftOut)
            {
                return "it asks for what only a cluster can give, and is left out";
            }

            record = field.Fields ?? field.Element?.Fields;
        }

        return null;
    }
}
