using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>pkg/apis/node/validation.</summary>
internal sealed class RuntimeClassRules(FieldErrors errors)
{
    public void Validate(RuntimeClass runtimeClass, string path)
    {
        var metadata = SourceLines.Member(path, "metadata");
        if (!string.IsNullOrEmpty(runtimeClass.Metadata.Namespace))
        {
            errors.Forbidden(metadata + ".namespace", "not allowed on this type");
        }

        new MetadataRules(errors).Validate(runtimeClass.Metadata with { Namespace = null }, metadata);
        errors.Name(runtimeClass.Handler, SourceLines.Member(path, "handler"), NameRules.Dns1123Label);
        new ResourceRules(errors).Overhead(runtimeClass.Overhead?.PodFixed, SourceLines.Member(path, "overhead") + ".podFixed");
    }
}
