using Peapod.Pod;
using Peapod.Pod.Cli.Explaining;
using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Pod;

public sealed class FieldExplanationTests
{
    private static readonly (string Kind, RecordSchema Schema)[] Kinds =
    [
        ("Pod", PodSchema.Pod), ("ConfigMap", PodSchema.ConfigMap), ("Secret", PodSchema.Secret),
        ("PersistentVolumeClaim", PodSchema.PersistentVolumeClaim), ("RuntimeClass", PodSchema.RuntimeClass),
    ];

    [Fact]
    public void Every_field_that_is_taken_has_a_meaning_and_every_meaning_a_field()
    {
        var paths = Kinds.SelectMany(static kind => Paths(kind.Kind.ToLowerInvariant(), kind.Schema)).ToList();

        Assert.Equal("", string.Join(" ", paths.Where(static path => path.Field.Support is FieldSupport.Read or FieldSupport.Shown or FieldSupport.LeftOut && FieldMeaning.Of(path.Path) is null).Select(static path => path.Path)));
        Assert.Equal("", string.Join(" ", FieldMeaning.Keys.Except(paths.Select(static path => FieldMeaning.KeyOf(path.Path)!)).Except(Kinds.Select(static kind => FieldMeaning.KeyOf(kind.Kind.ToLowerInvariant())!))));
    }

    [Fact]
    public void A_choice_names_its_values_and_its_default() =>
        Assert.Equal(
            """
            KIND:       Pod
            VERSION:    v1

            FIELD: restartPolicy <string>
            ENUM:
                Always
                OnFailure
                Never

            DESCRIPTION:
                When containers that have ended are started again: always, when they have
                failed, or never.
                Default: Always.

            """,
            new FieldExplanation("Pod", PodSchema.Pod).Of(["spec", "restartPolicy"], recursive: false));

    [Fact]
    public void A_field_without_effect_says_so() =>
        Assert.Contains("Here: checked, kept and shown; it has no effect on one host.", new FieldExplanation("Pod", PodSchema.Pod).Of(["spec", "nodeName"], recursive: false), StringComparison.Ordinal);

    [Fact]
    public void All_fields_below_one_are_named()
    {
        var text = new FieldExplanation("Pod", PodSchema.Pod).Of(["spec", "containers", "livenessProbe"], recursive: true);

        Assert.Contains("  httpGet\t<Object>\n    host\t<string>\n    httpHeaders\t<[]Object>\n      name\t<string>\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_is_not_there_is_named_with_the_one_that_may_be_meant() =>
        Assert.Equal(
            "field \"imagee\" does not exist, did you mean \"image\"?",
            Assert.Throws<PodException>(static () => new FieldExplanation("Pod", PodSchema.Pod).Of(["spec", "containers", "imagee"], recursive: false)).Message);

    private static IEnumerable<(string Path, FieldSchema Field)> Paths(string path, RecordSchema schema)
    {
        foreach (var field in schema.Fields)
        {
            var own = $"{path}.{field.Name}";
            yield return (own, field);
            for (var inner = field; inner is not null; inner = inner.Element)
            {
                foreach (var below in inner.Fields is { } fields ? Paths(own, fields) : [])
                {
                    yield return below;
                }
            }
        }
    }
}
