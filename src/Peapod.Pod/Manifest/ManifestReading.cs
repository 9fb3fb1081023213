using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Collects the objects of one or several files, and everything that is wrong with them.</summary>
/// <param name="lenient">Fields that Kubernetes does not know are warnings, not errors.</param>
/// <param name="acceptLater">For tests: fields that do not work yet are read and checked like the others.</param>
internal sealed class ManifestReading(bool lenient, bool acceptLater = false)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly HashSet<string> _names = [];
    private readonly List<ManifestError> _errors = [];
    private readonly List<string> _warnings = [];
    private readonly List<PodManifest> _pods = [];
    private readonly List<ManifestPlace> _places = [];
    private readonly List<ConfigMap> _configMaps = [];
    private readonly List<Secret> _secrets = [];
    private readonly List<PersistentVolumeClaim> _claims = [];
    private readonly List<RuntimeClass> _runtimeClasses = [];
    private readonly List<string> _others = [];
    private int _othersLine;
    private int _passedOver;
    private ManifestProblems _problems = new("");

    private int Count => _pods.Count + _configMaps.Count + _secrets.Count + _claims.Count + _runtimeClasses.Count;

    /// <param name="fileName">What to call the file in errors.</param>
    /// <param name="utf8">What it holds.</param>
    /// <param name="mayBeEmpty">Whether it is no error when there is no object in it.</param>
    public void Add(string fileName, ReadOnlySpan<byte> utf8, bool mayBeEmpty)
    {
        var before = Count;
        _others.Clear();
        _passedOver = 0;
        _problems = new ManifestProblems(fileName);
        try
        {
            var limits = new SourceLimits();
            foreach (var document in Documents(utf8))
            {
                Document(document, limits);
            }
        }
        catch (SourceException error)
        {
            _problems.AddAt(error.Line, "", error.Message);
        }

        if (_others.Count > 0)
        {
            _problems.AddAt(_othersLine, "kind", $"nothing here looks after objects of these kinds: {string.Join(", ", _others)}; --lenient passes over them; read here are: {string.Join(", ", ManifestKinds.Read)}");
        }

        if (!mayBeEmpty && _problems.Errors.Count == 0 && Count == before && _passedOver == 0)
        {
            _problems.AddAt(0, "", "no pod in it");
        }

        _errors.AddRange(_problems.Errors.OrderBy(static error => error.Line));
        _warnings.AddRange(_problems.Warnings);
    }

    /// <summary>An error of a file, or a folder, that could not be looked into.</summary>
    public void AddError(string fileName, string detail) => _errors.Add(new ManifestError(fileName, 0, "", detail));

    /// <exception cref="ManifestException">With everything that is wrong, file by file, in the order of their lines.</exception>
    public ManifestDocuments End()
    {
        if (_errors.Count > 0)
        {
            throw new ManifestException(_errors);
        }

        return new ManifestDocuments
        {
            Pods = _pods,
            Places = _places,
            ConfigMaps = _configMaps,
            Secrets = _secrets,
            PersistentVolumeClaims = _claims,
            RuntimeClasses = _runtimeClasses,
            Warnings = _warnings,
        };
    }

    private static List<SourceNode> Documents(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > ManifestReader.MaximumSize)
        {
            throw new SourceException(0, $"larger than {ManifestReader.MaximumSize} bytes");
        }

        utf8 = utf8.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
        var text = Text(utf8);
        var start = utf8.TrimStart(" \t\r\n"u8);
        if (!start.StartsWith("{"u8))
        {
            return YamlSource.Read(text);
        }

        // What begins with a brace is JSON, or else YAML in its flow style, which takes a comma before the brace and comments.
        try
        {
            return JsonSource.Read(utf8);
        }
        catch (SourceException fault)
        {
            try
            {
                return YamlSource.Read(text);
            }
            catch (SourceException) when (start[1..].TrimStart(" \t\r\n"u8).StartsWith("\""u8))
            {
                throw fault;
            }
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

    private void Document(SourceNode source, SourceLimits limits)
    {
        var lines = new SourceLines(source.Line);
        _problems.Enter(lines);
        var root = source.ToJson(lines, _problems, limits);
        if (root is JsonObject document)
        {
            Object(document, "");
        }
        else if (root is not null)
        {
            _problems.Add("", "a manifest must be a mapping with apiVersion, kind, metadata and spec");
        }
    }

    private void Object(JsonObject node, string path)
    {
        if (!TryReadText(node, "apiVersion", path, out var version) | !TryReadText(node, "kind", path, out var kind))
        {
            return;
        }

        if (ManifestKinds.IsList(kind))
        {
            List(node, ManifestKinds.OfItems(kind), version, path);
        }
        else if (ManifestKinds.IsOfOthers(kind, version))
        {
            PassOver(kind, version, node, path);
        }
        else if (!ManifestKinds.IsRead(kind))
        {
            _problems.Add(SourceLines.Member(path, "kind"), SchemaCheck.Unsupported(kind, ManifestKinds.Read) + Spelling.Hint(ManifestKinds.Nearest(kind)));
        }
        else if (version != ManifestKinds.VersionOf(kind))
        {
            _problems.Add(SourceLines.Member(path, "apiVersion"), SchemaCheck.Unsupported(version, [ManifestKinds.VersionOf(kind)]));
        }
        else
        {
            OfKind(kind, node, path);
        }
    }

    private void OfKind(string kind, JsonObject node, string path)
    {
        if (node["metadata"] is JsonObject metadata && metadata["name"] is null && metadata["generateName"] is not null)
        {
            _problems.Add(SourceLines.Member(path, "metadata.name"), "Required value: no name is made up here from generateName", SourceLines.Member(path, "metadata.generateName"));
        }

        var validation = new ManifestValidation(_problems);
        switch (kind)
        {
            case ManifestKinds.Pod:
                var written = PodManifest.Parse(Checked(node, PodSchema.Pod, path));
                WarnOfAnnotations(written, SourceLines.Member(path, "metadata") + ".annotations");
                var pod = ManifestDefaults.Apply(written);
                validation.Validate(pod, path);
                pod = ServiceAccountTokens.LeaveOut(pod, SourceLines.Member(path, "spec"), (field, warning) => _problems.Warn(field, warning));
                Keep(pod, _pods, kind, pod.Metadata, path);
                _places.Add(_problems.Place(path));
                break;
            case ManifestKinds.ConfigMap:
                var configMap = ManifestDefaults.Apply(ConfigMap.Parse(Checked(node, PodSchema.ConfigMap, path)));
                validation.Validate(configMap, path);
                Keep(configMap, _configMaps, kind, configMap.Metadata, path);
                break;
            case ManifestKinds.Secret:
                var secret = Secret.Parse(Checked(node, PodSchema.Secret, path));
                validation.Validate(secret, path);
                secret = ManifestDefaults.Apply(secret);
                Keep(secret, _secrets, kind, secret.Metadata, path);
                break;
            case ManifestKinds.PersistentVolumeClaim:
                var claim = ManifestDefaults.Apply(PersistentVolumeClaim.Parse(Checked(node, PodSchema.PersistentVolumeClaim, path)));
                validation.Validate(claim, path);
                Keep(claim, _claims, kind, claim.Metadata, path);
                break;
            case ManifestKinds.RuntimeClass:
                var runtimeClass = RuntimeClass.Parse(Checked(node, PodSchema.RuntimeClass, path));
                validation.Validate(runtimeClass, path);
                Keep(runtimeClass, _runtimeClasses, kind, runtimeClass.Metadata, path);
                break;
            default:
                throw new InvalidOperationException($"nothing reads a {kind}");
        }
    }

    /// <summary>An object that is none of ours: with --lenient those beside it are taken all the same.</summary>
    private void PassOver(string kind, string version, JsonObject node, string path)
    {
        _passedOver++;
        var at = SourceLines.Member(path, "kind");
        if (lenient)
        {
            var name = node["metadata"] is JsonObject metadata && metadata["name"] is JsonValue value && value.TryGetValue<string>(out var text) ? $" \"{text}\"" : "";
            _problems.Warn(at, $"{kind}{name} ({version}) is passed over: nothing here looks after such objects");
        }
        else if (_others.Count == 0 || !_others.Contains($"{kind} ({version})"))
        {
            _othersLine = _others.Count == 0 ? _problems.LineOf(at) : _othersLine;
            _others.Add($"{kind} ({version})");
        }
    }

    private void WarnOfAnnotations(PodManifest pod, string path)
    {
        foreach (var (key, warning) in SecurityAnnotations.Warnings(pod))
        {
            _problems.Warn(FieldErrors.Key(path, key), warning, SourceLines.Member(path, key));
        }
    }

    private bool TryReadText(JsonObject node, string name, string path, out string text)
    {
        var value = node[name];
        text = value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : "";
        if (text.Length == 0)
        {
            _problems.Add(SourceLines.Member(path, name), value is null or JsonValue ? "Required value" : "Invalid value: must be of type string");
        }

        return text.Length > 0;
    }

    /// <param name="node">The list.</param>
    /// <param name="kind">What its items are when they do not say so themselves; null when they must.</param>
    /// <param name="version">The list's own.</param>
    /// <param name="path">Where it stands.</param>
    private void List(JsonObject node, string? kind, string version, string path)
    {
        var items = SourceLines.Member(path, "items");
        if (node["items"] is not (null or JsonArray))
        {
            _problems.Add(items, "Invalid value: must be of type array");
        }

        for (var i = 0; i < (node["items"] as JsonArray)?.Count; i++)
        {
            var element = SourceLines.Element(items, i);
            if (node["items"]![i] is JsonObject item)
            {
                if (kind is not null)
                {
                    item["kind"] ??= kind;
                    item["apiVersion"] ??= version;
                }

                Object(item, element);
            }
            else
            {
                _problems.Add(element, "Invalid value: must be of type object");
            }
        }
    }

    /// <summary>What of the object fits its schema.</summary>
    private byte[] Checked(JsonObject node, RecordSchema schema, string path)
    {
        new SchemaCheck(_problems, lenient, acceptLater).Check(node, schema, path);
        return Encoding.UTF8.GetBytes(node.ToJsonString());
    }

    private void Keep<T>(T item, List<T> items, string kind, ObjectMeta metadata, string path)
    {
        if (metadata.Name.Length > 0 && !_names.Add($"{kind}/{metadata.Namespace}/{metadata.Name}"))
        {
            _problems.Add(SourceLines.Member(path, "metadata.name"), $"Duplicate value: \"{metadata.Name}\"");
        }

        items.Add(item);
    }
}
