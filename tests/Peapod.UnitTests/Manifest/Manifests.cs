using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest;

/// <summary>Short ways to read a manifest and to say what is wrong with it.</summary>
internal static class Manifests
{
    /// <summary>The one pod of a file called pod.yaml.</summary>
    public static PodManifest Pod(string text) => Assert.Single(ManifestReader.Read("pod.yaml", text).Pods);

    /// <summary>The lines of the message.</summary>
    public static string[] Errors(string text, bool lenient = false) =>
        Assert.Throws<ManifestException>(() => ManifestReader.Read("pod.yaml", text, lenient)).Message.Split('\n');

    /// <summary>What the file holds, fields included that are checked but not yet at work.</summary>
    public static ManifestDocuments AllFields(string text)
    {
        var reading = new ManifestReading(lenient: false, acceptLater: true);
        reading.Add("pod.yaml", Encoding.UTF8.GetBytes(text), mayBeEmpty: false);
        return reading.End();
    }

    /// <summary>The lines of the message, fields included that are checked but not yet at work.</summary>
    public static string[] AllFieldErrors(string text) => Assert.Throws<ManifestException>(() => AllFields(text)).Message.Split('\n');

    /// <summary>A pod whose spec has these lines, the first of them line 4.</summary>
    public static string WithSpec(string spec) =>
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" + Indent(spec, 2);

    /// <summary>A pod whose one container has these lines, the first of them line 8.</summary>
    public static string WithContainer(string container) =>
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: i\n" + Indent(container, 4);

    /// <summary>Asserts that each line of a container is one error, with the container's path before it.</summary>
    public static void AssertContainerError(string line, string error) =>
        Assert.Equal(["pod.yaml:8: spec.containers[0]." + error], AllFieldErrors(WithContainer(line)));

    /// <summary>Asserts that a line of the spec, line 5, is one error.</summary>
    public static void AssertSpecError(string line, string error) =>
        Assert.Equal(["pod.yaml:5: spec." + error], AllFieldErrors(WithSpec(line + "\ncontainers: [{name: c, image: i}]")));

    private static string Indent(string text, int by) =>
        string.Concat(text.Split('\n').Select(line => line.Length == 0 ? "\n" : new string(' ', by) + line + "\n"));
}
