using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Reads Kubernetes manifests, YAML or JSON, one or several objects in a file.</summary>
public static class ManifestReader
{
    /// <summary>In bytes; the API server takes 3 MiB in one request.</summary>
    public const int MaximumSize = 16 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc cref="Read(string, ReadOnlySpan{byte}, bool)"/>
    public static ManifestDocuments Read(string fileName, string text, bool lenient = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(fileName, Encoding.UTF8.GetBytes(text), lenient);
    }

    /// <summary>Reads all objects of a file, sets their defaults and checks them.</summary>
    /// <param name="fileName">What to call the file in errors.</param>
    /// <param name="utf8">What it holds.</param>
    /// <param name="lenient">Fields that Kubernetes does not know are warnings, not errors.</param>
    /// <exception cref="ManifestException">With everything that is wrong.</exception>
    public static ManifestDocuments Read(string fileName, ReadOnlySpan<byte> utf8, bool lenient = false)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        var problems = new ManifestProblems(fileName);
        var reading = new Reading(problems, new SchemaCheck(problems, lenient));
        try
        {
            foreach (var document in Documents(utf8))
            {
                reading.Document(document);
            }
        }
        catch (SourceException error)
        {
            problems.AddAt(error.Line, "", error.Message);
        }

        if (problems.Errors.Count == 0 && reading.Pods.Count + reading.ConfigMaps.Count + reading.Secrets.Count + reading.Claims.Count == 0)
        {
            problems.AddAt(0, "", "no pod in it");
        }

        problems.ThrowIfAny();
        return new ManifestDocuments
        {
            Pods = reading.Pods,
            ConfigMaps = reading.ConfigMaps,
            Secrets = reading.Secrets,
            PersistentVolumeClaims = reading.Claims,
            Warnings = problems.Warnings,
        };
    }

    private static List<SourceNode> Documents(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaximumSize)
        {
            throw new SourceException(0, $"larger than {MaximumSize} bytes");
        }

        utf8 = utf8.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
        var text = Text(utf8);
        var start = utf8.TrimStart(" \t\r\n"u8);
        if (!start.StartsWith("{"u8))
        {
            return YamlSource.Read(text);
        }

        // What begins with a brace is JSON, or else YAML in its flow style.
        try
        {
            return JsonSource.Read(utf8);
        }
        catch (SourceException) when (!start[1..].TrimStart(" \t\r\n"u8).StartsWith("\""u8))
        {
            return YamlSource.Read(text);
        }
    }

    private static string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException error)
        {
            throw new SourceException(1 + utf8[..Math.Clamp(error.Index, 0, utf8.Length)].Count((byte)'\n'), "not UTF-8 text");
        }
    }

    /// <summary>The objects found so far in one file.</summary>
    private sealed class Reading(ManifestProblems problems, SchemaCheck schema)
    {
        private readonly HashSet<string> _names = [];
        private readonly ObjectRules _rules = new(problems);

        public List<PodManifest> Pods { get; } = [];

        public List<ConfigMap> ConfigMaps { get; } = [];

        public List<Secret> Secrets { get; } = [];

        public List<PersistentVolumeClaim> Claims { get; } = [];

        public void Document(SourceNode source)
        {
            var lines = new SourceLines(source.Line);
            problems.Enter(lines);
            var root = source.ToJson(lines, problems);
            if (root is JsonObject document)
            {
                Object(document, "");
            }
            else if (root is not null)
            {
                problems.Add("", "a manifest must be a mapping with apiVersion, kind, metadata and spec");
            }
        }

        private void Object(JsonObject node, string path)
        {
            if (!TryReadText(node, "apiVersion", path, out var version) | !TryReadText(node, "kind", path, out var kind))
            {
                return;
            }

            if (!ManifestKinds.IsRead(kind))
            {
                problems.Add(
                    SourceLines.Member(path, "kind"),
                    ManifestKinds.IsKnown(kind)
                        ? $"{kind} ({version}): not supported by this version of Peapod"
                        : SchemaCheck.Unsupported(kind, [ManifestKinds.Pod]) + Spelling.Hint(ManifestKinds.Nearest(kind)));
            }
            else if (version != ManifestKinds.Version)
            {
                problems.Add(SourceLines.Member(path, "apiVersion"), SchemaCheck.Unsupported(version, [ManifestKinds.Version]));
            }
            else
            {
                OfKind(kind, node, path);
            }
        }

        private void OfKind(string kind, JsonObject node, string path)
        {
            switch (kind)
            {
                case ManifestKinds.Pod:
                    Pod(node, path);
                    break;
                case ManifestKinds.ConfigMap:
                    schema.Check(node, PodSchema.ConfigMap, path);
                    ConfigMaps.Add(_rules.Check(ConfigMap.Parse(Bytes(node)), path));
                    OnlyOne(kind, ConfigMaps[^1].Metadata, path);
                    break;
                case ManifestKinds.Secret:
                    schema.Check(node, PodSchema.Secret, path);
                    Secrets.Add(_rules.Check(Secret.Parse(Bytes(node)), path));
                    OnlyOne(kind, Secrets[^1].Metadata, path);
                    break;
                case ManifestKinds.PersistentVolumeClaim:
                    schema.Check(node, PodSchema.PersistentVolumeClaim, path);
                    Claims.Add(_rules.Check(PersistentVolumeClaim.Parse(Bytes(node)), path));
                    OnlyOne(kind, Claims[^1].Metadata, path);
                    break;
                default:
                    List(node, path);
                    break;
            }
        }

        private bool TryReadText(JsonObject node, string name, string path, out string text)
        {
            var value = node[name];
            text = value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : "";
            if (text.Length == 0)
            {
                problems.Add(SourceLines.Member(path, name), value is null or JsonValue ? "Required value" : "Invalid value: must be of type string");
            }

            return text.Length > 0;
        }

        private void List(JsonObject node, string path)
        {
            var items = SourceLines.Member(path, "items");
            if (node["items"] is not (null or JsonArray))
            {
                problems.Add(items, "Invalid value: must be of type array");
            }

            for (var i = 0; i < (node["items"] as JsonArray)?.Count; i++)
            {
                var element = SourceLines.Element(items, i);
                if (node["items"]![i] is JsonObject item)
                {
                    Object(item, element);
                }
                else
                {
                    problems.Add(element, "Invalid value: must be of type object");
                }
            }
        }

        private void Pod(JsonObject node, string path)
        {
            schema.Check(node, PodSchema.Pod, path);
            var pod = ManifestDefaults.Apply(PodManifest.Parse(Bytes(node)));
            new ManifestValidation(problems).Validate(pod, path);
            OnlyOne(ManifestKinds.Pod, pod.Metadata, path);
            Pods.Add(pod);
        }

        private void OnlyOne(string kind, ObjectMeta metadata, string path)
        {
            if (metadata.Name.Length > 0 && !_names.Add($"{kind}/{metadata.Namespace}/{metadata.Name}"))
            {
                problems.Add(SourceLines.Member(path, "metadata.name"), $"Duplicate value: \"{metadata.Name}\"");
            }
        }

        private static byte[] Bytes(JsonObject node) => Encoding.UTF8.GetBytes(node.ToJsonString());
    }
}
