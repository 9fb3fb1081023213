using Peapod.Pod;
using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

public sealed class ManifestInputTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-manifest-input-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Pod(string name) => $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n";

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void A_folder_is_its_manifests_in_the_order_of_their_names()
    {
        Write("20-b.yml", Pod("b"));
        Write("10-a.yaml", Pod("a"));
        Write("30.json", """{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}}""");
        Write("15-nothing.yaml", "# only a comment\n");
        Write("notes.txt", "not: a manifest");
        Write("deeper/c.yaml", Pod("c"));
        Directory.CreateDirectory(Path.Combine(folder, "folder.yaml"));

        var documents = ManifestInput.Read([folder + "/"]);

        Assert.Equal(["a", "b"], documents.Pods.Select(static pod => pod.Metadata.Name));
        Assert.Equal("m", Assert.Single(documents.ConfigMaps).Metadata.Name);
        Directory.CreateSymbolicLink(Path.Combine(folder, "deeper", "loop"), folder);
        Assert.Equal(["a", "b", "c"], ManifestInput.Read([folder], recursive: true).Pods.Select(static pod => pod.Metadata.Name));
    }

    [Fact]
    public void Several_files_are_read_together_and_all_their_errors_are_told()
    {
        var (good, bad, worse) = (Write("good", Pod("a")), Write("bad.yaml", "\n\nkind: Pod"), Write("worse.yaml", Pod("a") + "---\n5\n"));

        Assert.Equal(["a", "b"], ManifestInput.Read([good, Write("other", Pod("b"))]).Pods.Select(static pod => pod.Metadata.Name));
        Assert.Equal(
            [
                $"{bad}:3: apiVersion: Required value",
                $"{worse}:3: metadata.name: Duplicate value: \"a\"",
                $"{worse}:6: a manifest must be a mapping with apiVersion, kind, metadata and spec",
            ],
            Assert.Throws<ManifestException>(() => ManifestInput.Read([good, bad, worse])).Message.Split('\n'));
    }

    [Fact]
    public void What_holds_no_manifest_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(folder, "empty"));
        Assert.Equal($"{folder}/empty: no *.yaml, *.yml or *.json in that folder", Assert.Throws<ManifestException>(() => ManifestInput.Read([folder + "/empty"])).Message);
        var file = Write("empty.yaml", "---\n");
        Assert.Equal($"{file}: no pod in it", Assert.Throws<ManifestException>(() => ManifestInput.Read([file])).Message);
        Assert.Equal("-f /no/such: No such file or directory", Assert.Throws<PodException>(() => ManifestInput.Read(["/no/such"])).Message);
        Assert.Equal("/dev/zero: larger than 16777216 bytes", Assert.Throws<ManifestException>(() => ManifestInput.Read(["/dev/zero"])).Message);
    }

    [Fact]
    public void Unknown_fields_of_all_files_are_warnings_when_lenient()
    {
        var (first, second) = (Write("1.yaml", Pod("a") + "statu: {}\n"), Write("2.yaml", Pod("b") + "spek: {}\n"));
        Assert.Equal(
            [$"{first}:5: statu: unknown field, did you mean \"status\"?", $"{second}:5: spek: unknown field, did you mean \"spec\"?"],
            ManifestInput.Read([first, second], lenient: true).Warnings);
    }
}
