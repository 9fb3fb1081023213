using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Peapod.Pod.Manifest;

/// <summary>The API server's kinds of errors (field.Error of apimachinery), each in its words.</summary>
internal sealed class FieldErrors(ManifestProblems problems)
{
    public const string NotNegative = "must be greater than or equal to 0";

    private const string RequiredValue = "Required value";

    /// <summary>A key of a map, as the API server writes it: <c>resources.limits[cpu]</c>.</summary>
    public static string Key(string path, string key) => $"{path}[{key}]";

    public bool Covers(string path) => problems.Covers(path);

    /// <inheritdoc cref="ManifestProblems.HasWithin"/>
    public bool HasWithin(string path) => problems.HasWithin(path);

    public void Required(string path, string? detail = null, string? at = null) =>
        Add(path, detail is null ? RequiredValue : $"{RequiredValue}: {detail}", at);

    public void Invalid(string path, string value, string reason, string? at = null) => Add(path, $"Invalid value: \"{value}\": {reason}", at);

    public void Invalid(string path, long value, string reason) =>
        Add(path, string.Create(CultureInfo.InvariantCulture, $"Invalid value: {value}: {reason}"));

    public void Invalid(string path, bool value, string reason) => Add(path, $"Invalid value: {(value ? "true" : "false")}: {reason}");

    public void Invalid(string path, IEnumerable<string> values, string reason) =>
        Add(path, $"Invalid value: [{string.Join(',', values.Select(static value => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""))}]: {reason}");

    public void Forbidden(string path, string reason, string? at = null) => Add(path, $"Forbidden: {reason}", at);

    /// <summary>What the API server takes and nobody here can do.</summary>
    public void Unable(string path, string value, string reason, string? at = null) => Add(path, $"\"{value}\" is not supported here: {reason}", at);

    /// <summary>What the API server takes and has no effect here.</summary>
    public void Warn(string path, string detail) => problems.Warn(path, detail);

    /// <summary>A reference to another object: the API server wants a name, of whatever form. One that no object can have is never found.</summary>
    public void Reference(string? name, string path)
    {
        if (string.IsNullOrEmpty(name))
        {
            Required(path);
        }
    }

    public void Duplicate(string path, string value) => Add(path, $"Duplicate value: \"{value}\"");

    public void NotFound(string path, string value) => Add(path, $"Not found: \"{value}\"");

    public void NotSupported(string path, string value, params IEnumerable<string> choices) => Add(path, SchemaCheck.Unsupported(value, choices));

    /// <summary>Of a key of a map: <paramref name="at"/> has its line.</summary>
    public void KeyNotSupported(string path, string value, string at, params IEnumerable<string> choices) => Add(path, SchemaCheck.Unsupported(value, choices), at);

    /// <param name="path">The field.</param>
    /// <param name="most">In bytes.</param>
    public void TooLong(string path, int most) => Add(path, string.Create(CultureInfo.InvariantCulture, $"Too long: may not be more than {most} bytes"));

    /// <summary>Whether there is a name and it is a good one.</summary>
    public bool Name(string? name, string path, Func<string, string?> rule)
    {
        if (!string.IsNullOrEmpty(name))
        {
            return Rule(name, path, rule);
        }

        Required(path);
        return false;
    }

    /// <summary>Whether the value is as the rule wants it.</summary>
    public bool Rule(string value, string path, Func<string, string?> rule, string? at = null)
    {
        if (rule(value) is not { } reason)
        {
            return true;
        }

        Invalid(path, value, reason, at);
        return false;
    }

    /// <summary>A field that may be left out and must be a good name if it is not.</summary>
    public void OptionalName(string? name, string path, Func<string, string?> rule)
    {
        if (!string.IsNullOrEmpty(name))
        {
            Rule(name, path, rule);
        }
    }

    public void NonNegative(long? value, string path)
    {
        if (value is { } number and < 0)
        {
            Invalid(path, number, NotNegative);
        }
    }

    public bool InRange(long value, long least, long most, string path)
    {
        if (value >= least && value <= most)
        {
            return true;
        }

        Invalid(path, value, string.Create(CultureInfo.InvariantCulture, $"must be between {least} and {most}, inclusive"));
        return false;
    }

    /// <summary>Adds an error, unless one is known for the field or what contains it.</summary>
    /// <param name="path">The field to name.</param>
    /// <param name="detail">What is wrong with it.</param>
    /// <param name="at">The field whose line to show, when it is another one.</param>
    private void Add(string path, string detail, string? at = null)
    {
        if (!problems.Covers(at ?? path))
        {
            problems.Add(path, detail, at);
        }
    }
}
