using System.Text;

namespace Peapod.Pod.Manifest;

/// <summary>Reads Kubernetes manifests, YAML or JSON, one or several objects in a file.</summary>
public static class ManifestReader
{
    /// <summary>In bytes; the API server takes 3 MiB in one request.</summary>
    public const int MaximumSize = 16 * 1024 * 1024;

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
        var reading = new ManifestReading(lenient);
        reading.Add(fileName, utf8, mayBeEmpty: false);
        return reading.End();
    }
}
