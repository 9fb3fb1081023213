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

    /// <summary>A pod whose spec has these lines, the first of them line 4.</summary>
    public static string WithSpec(string spec) =>
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" + Indent(spec, 2);

    /// <summary>A pod whose one container has these lines, the first of them line 8.</summary>
    public static string WithContainer(string container) =>
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: i\n" + Indent(container, 4);

    private static string Indent(string text, int by) =>
        string.Concat(text.Split('\n').Select(line => line.Length == 0 ? "\n" : new string(' ', by) + line + "\n"));
}
