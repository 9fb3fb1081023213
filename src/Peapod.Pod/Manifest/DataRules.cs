using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>What ConfigMaps and Secrets hold.</summary>
internal sealed class DataRules(FieldErrors errors)
{
    /// <summary>In bytes, of all values together.</summary>
    public const int Largest = 1024 * 1024;

    private const string Redacted = "<secret contents redacted>";
    private static readonly Dictionary<string, string> Nothing = [];

    public void ConfigMap(ConfigMap configMap, string path)
    {
        var data = SourceLines.Member(path, "data");
        var size = Text(configMap.Data ?? Nothing, data) + Binary(configMap.BinaryData ?? Nothing, SourceLines.Member(path, "binaryData"));
        foreach (var key in configMap.BinaryData?.Keys ?? [])
        {
            if (configMap.Data?.ContainsKey(key) == true)
            {
                errors.Invalid(FieldErrors.Key(data, key), key, "duplicate of key present in binaryData", SourceLines.Member(data, key));
            }
        }

        if (size > Largest)
        {
            errors.TooLong(path, Largest);
        }
    }

    public void Secret(Secret secret, string path)
    {
        var at = SourceLines.Member(path, "data");
        var size = Text(secret.StringData ?? Nothing, SourceLines.Member(path, "stringData")) + Binary(secret.Data ?? Nothing, at);
        if (size > Largest)
        {
            errors.TooLong(at, Largest);
        }

        switch (secret.Type)
        {
            case "kubernetes.io/service-account-token" when string.IsNullOrEmpty(secret.Metadata.Annotations?.GetValueOrDefault("kubernetes.io/service-account.name")):
                errors.Required(FieldErrors.Key(SourceLines.Member(path, "metadata") + ".annotations", "kubernetes.io/service-account.name"));
                break;
            case "kubernetes.io/dockercfg":
                MustBeJson(secret, ".dockercfg", at);
                break;
            case "kubernetes.io/dockerconfigjson":
                MustBeJson(secret, ".dockerconfigjson", at);
                break;
            case "kubernetes.io/basic-auth" when ValueOf(secret, "username") is null && ValueOf(secret, "password") is null:
                errors.Required(FieldErrors.Key(at, "username"));
                errors.Required(FieldErrors.Key(at, "password"));
                break;
            case "kubernetes.io/ssh-auth" when ValueOf(secret, "ssh-privatekey") is null or { Length: 0 }:
                errors.Required(FieldErrors.Key(at, "ssh-privatekey"));
                break;
            case "kubernetes.io/tls":
                MustBeThere(secret, "tls.crt", at);
                MustBeThere(secret, "tls.key", at);
                break;
        }
    }

    /// <summary>Checks the keys of plain text, and returns how many bytes the values are.</summary>
    private long Text(IReadOnlyDictionary<string, string> data, string path)
    {
        long size = 0;
        foreach (var (key, value) in data)
        {
            errors.Rule(key, FieldErrors.Key(path, key), NameRules.ConfigMapKey, SourceLines.Member(path, key));
            size += Encoding.UTF8.GetByteCount(value);
        }

        return size;
    }

    /// <summary>The same for base64, of which no value is told: it may be a secret.</summary>
    private long Binary(IReadOnlyDictionary<string, string> data, string path)
    {
        long size = 0;
        foreach (var (key, value) in data)
        {
            var at = SourceLines.Member(path, key);
            errors.Rule(key, FieldErrors.Key(path, key), NameRules.ConfigMapKey, at);
            if (IsBase64(value, out var length))
            {
                size += length;
            }
            else
            {
                errors.Invalid(FieldErrors.Key(path, key), Redacted, "illegal base64 data", at);
            }
        }

        return size;
    }

    /// <summary>RFC 4648, with line ends anywhere.</summary>
    private static bool IsBase64(string text, out int length)
    {
        length = 0;
        return text.AsSpan().IndexOfAny(' ', '\t') < 0 && Base64.IsValid(text, out length);
    }

    /// <summary>The value in UTF-8; null when there is none, empty when it cannot be read.</summary>
    private static byte[]? ValueOf(Secret secret, string key)
    {
        if (secret.StringData?.TryGetValue(key, out var text) == true)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        return secret.Data?.TryGetValue(key, out var value) == true
            ? IsBase64(value, out _) ? Convert.FromBase64String(value) : []
            : null;
    }

    private void MustBeThere(Secret secret, string key, string path)
    {
        if (ValueOf(secret, key) is null)
        {
            errors.Required(FieldErrors.Key(path, key));
        }
    }

    private void MustBeJson(Secret secret, string key, string path)
    {
        MustBeThere(secret, key, path);
        if (ValueOf(secret, key) is { } value && !IsObject(value))
        {
            errors.Invalid(FieldErrors.Key(path, key), Redacted, "must be a JSON object", SourceLines.Member(path, key));
        }
    }

    private static bool IsObject(byte[] utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
