using System.Text;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Names, labels and annotations of every kind.</summary>
internal sealed class MetadataRules(FieldErrors errors)
{
    /// <summary>In bytes, of all keys and values together.</summary>
    private const int LargestAnnotations = 256 * 1024;

    private static readonly Dictionary<string, string> Nothing = [];

    public void Validate(ObjectMeta metadata, string path)
    {
        errors.Name(metadata.Name, path + ".name", NameRules.Dns1123Subdomain);
        errors.Name(metadata.Namespace ?? ManifestDefaults.Namespace, path + ".namespace", NameRules.Dns1123Label);
        Labels(metadata.Labels, path + ".labels");
        Annotations(metadata.Annotations, path + ".annotations");
    }

    /// <summary>Of a template, which has only labels and annotations.</summary>
    public void ValidateTemplate(ObjectMeta metadata, string path)
    {
        const string notHere = "cannot be set";
        Annotations(metadata.Annotations, path + ".annotations");
        Labels(metadata.Labels, path + ".labels");
        if (metadata.Name.Length > 0)
        {
            errors.Forbidden(path + ".name", notHere);
        }

        if (!string.IsNullOrEmpty(metadata.Namespace))
        {
            errors.Forbidden(path + ".namespace", notHere);
        }
    }

    public void Labels(IReadOnlyDictionary<string, string>? labels, string path)
    {
        foreach (var (key, value) in labels ?? Nothing)
        {
            var at = SourceLines.Member(path, key);
            errors.Rule(key, path, NameRules.QualifiedName, at);
            errors.Rule(value, path, NameRules.LabelValue, at);
        }
    }

    private void Annotations(IReadOnlyDictionary<string, string>? annotations, string path)
    {
        var size = 0;
        foreach (var (key, value) in annotations ?? Nothing)
        {
            errors.Rule(key.ToLowerInvariant(), path, NameRules.QualifiedName, SourceLines.Member(path, key));
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        if (size > LargestAnnotations)
        {
            errors.TooLong(path, LargestAnnotations);
        }
    }
}
