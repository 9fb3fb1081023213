using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

/// <summary>Manifests in which pods stand beside what nothing here looks after.</summary>
public sealed class OtherKindsTests
{
    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";

    private const string Others = """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: other}
        ---
        apiVersion: cert-manager.io/v1
        kind: Certificate
        metadata: {name: tls}
        ---
        apiVersion: example.com/v1
        kind: Secret
        metadata: {name: theirs}
        ---
        apiVersion: apps/v1
        kind: DeploymentList
        items: [{metadata: {name: listed}}]
        ---

        """;

    [Fact]
    public void Without_lenient_one_message_names_all_kinds_and_the_flag()
    {
        Assert.Equal(
            [
                "pod.yaml:2: kind: nothing here looks after objects of these kinds: Service (v1), Deployment (apps/v1), Certificate (cert-manager.io/v1), Secret (example.com/v1); "
                + "--lenient passes over them; read here are: Pod, ConfigMap, Secret, PersistentVolumeClaim, RuntimeClass",
            ],
            Manifests.Errors(Others + Pod));
    }

    [Fact]
    public void Lenient_reading_takes_what_stands_beside_them_and_warns_of_each()
    {
        var read = ManifestReader.Read("f", Others + Pod, lenient: true);

        Assert.Equal("p", Assert.Single(read.Pods).Metadata.Name);
        Assert.Equal(
            [
                "f:2: kind: Service \"web\" (v1) is passed over: nothing here looks after such objects",
                "f:6: kind: Deployment \"web\" (apps/v1) is passed over: nothing here looks after such objects",
                "f:10: kind: Service \"other\" (v1) is passed over: nothing here looks after such objects",
                "f:14: kind: Certificate \"tls\" (cert-manager.io/v1) is passed over: nothing here looks after such objects",
                "f:18: kind: Secret \"theirs\" (example.com/v1) is passed over: nothing here looks after such objects",
                "f:23: items[0].kind: Deployment \"listed\" (apps/v1) is passed over: nothing here looks after such objects",
            ],
            read.Warnings);
    }

    [Fact]
    public void A_file_of_nothing_else_is_empty_when_it_is_read_leniently()
    {
        Assert.True(ManifestReader.Read("f", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", lenient: true).IsEmpty);
        Assert.False(ManifestReader.Read("f", Pod, lenient: true).IsEmpty);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: pod", "did you mean \"Pod\"?")]
    [InlineData("apiVersion: v1\nkind: Spaceship", "Unsupported value: \"Spaceship\"")]
    [InlineData("apiVersion: v2\nkind: Pod", "Unsupported value: \"v2\"")]
    [InlineData("apiVersion: node.k8s.io/v1beta1\nkind: RuntimeClass", "Unsupported value: \"node.k8s.io/v1beta1\"")]
    public void A_misspelt_kind_or_version_is_an_error_all_the_same(string text, string error)
    {
        Assert.Contains(error, Assert.Single(Manifests.Errors(text, lenient: true)), StringComparison.Ordinal);
    }
}
