using System.Text.Json.Serialization;

namespace Peapod.Pod.Manifest;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PodManifest))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;
