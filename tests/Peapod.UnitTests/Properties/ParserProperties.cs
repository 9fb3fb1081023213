using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Xunit;
using Peapod.HostTests.Image;
using Peapod.Image;
using Peapod.Image.Layers;
using Peapod.Oci;
using Peapod.Pod;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Properties;

/// <summary>
/// What holds for whatever a parser is given: it takes the text or refuses it in its own way, and what it took is the same when it was written
/// and read again. FsCheck chooses the texts, and makes one that fails as short as it can. The seed is fixed, so that what fails once fails again.
/// </summary>
[Properties(Replay = "(20261129,7)", MaxTest = 1000)]
public sealed class ParserProperties
{
    private static readonly string[] Suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-3", "e0"];

    [Property]
    public void A_quantity_is_the_same_when_it_was_written_and_read(DoNotSize<long> whole, ushort fraction, byte suffix)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{whole.Item}.{fraction}{Suffixes[suffix % Suffixes.Length]}");
        var read = Quantity.Parse(text);
        var again = Quantity.Parse(read.ToString());

        Assert.Equal(read, again);
        Assert.Equal(read.ToString(), again.ToString());
    }

    [Property]
    public void Adding_quantities_keeps_their_order(DoNotSize<uint> left, DoNotSize<uint> right)
    {
        var (a, b) = (Quantity.FromInt64(left.Item), Quantity.FromBytes(right.Item));

        Assert.Equal(a + b, b + a);
        Assert.True(a + b >= a && a + b >= b);
    }

    [Property]
    public void Any_text_is_a_quantity_or_none(byte[] choices) => _ = Quantity.TryParse(Text(choices, "0123456789.+-eEinumkKMGTP "), out _);

    [Property]
    public void An_image_reference_is_the_same_when_it_was_written_and_read(byte[] choices)
    {
        if (ImageReference.TryParse(Text(choices, "abz09.:/@_-A[]"), out var reference))
        {
            Assert.Equal(reference, ImageReference.Parse(reference!.ToString()));
        }
    }

    [Property]
    public void A_jsonpath_template_prints_or_is_refused_with_a_reason(byte[] choices)
    {
        try
        {
            JsonPath.Parse(Text(choices, "{}[]().*@$?'\"\\,:-ab01 =<>!|rangeend")).Print(JsonNode.Parse("""{"a": [{"b": 1}, {"b": "x"}], "b": {"a": null}}""")!);
        }
        catch (PodException refusal)
        {
            Assert.NotEmpty(refusal.Message);
        }
    }

    [Property]
    public void A_configuration_keeps_any_text_without_a_NUL(NonNull<string>[] arguments, NonNull<string> directory)
    {
        var spec = DefaultSpec.Create();
        spec = spec with { Process = spec.Process! with { Args = [.. arguments.Select(static argument => WithoutNul(argument.Get))], Cwd = "/" + WithoutNul(directory.Get) } };
        var again = Spec.Parse(spec.ToJson());

        Assert.Equal(spec.Process.Args, again.Process!.Args);
        Assert.Equal(spec.Process.Cwd, again.Process.Cwd);
        Assert.Equal(spec.ToJson(), again.ToJson());
    }

    [Property]
    public void A_configuration_is_read_or_refused_with_a_reason(byte[] choices)
    {
        try
        {
            Spec.Parse(Encoding.UTF8.GetBytes("{\"ociVersion\":\"1.2.0\",\"process\":" + Text(choices, "{}[]\":,truefalsn0-1e\\ ") + "}"));
        }
        catch (SpecException refusal)
        {
            Assert.NotEmpty(refusal.Reason);
        }
    }

    [Property]
    public void A_manifest_keeps_any_text_of_a_ConfigMap_without_a_NUL(NonNull<string> value)
    {
        // JSON's strings are YAML's in double quotes.
        var text = WithoutNul(value.Get);
        var yaml = $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  key: {JsonSerializer.Serialize(text)}\n";
        var reading = new ManifestReading(lenient: false, acceptLater: false);
        reading.Add("f", Encoding.UTF8.GetBytes(yaml), mayBeEmpty: false);

        var read = Assert.Single(reading.End().ConfigMaps);
        Assert.Equal(text, read.Data!["key"]);
        Assert.Equal(text, ConfigMap.Parse(read.ToJson()).Data!["key"]);
    }

    [Property]
    public void An_archive_is_read_as_it_was_written(NonEmptyArray<byte>[] names, NonNull<string> content)
    {
        var expected = names.Select(static name => name.Get.Where(static c => c != 0).Take(100).ToArray()).Where(static name => name.Length > 0).ToArray();
        var text = Encodable(content.Get);
        var builder = new TarBuilder();
        foreach (var name in expected)
        {
            builder.RawName(name, text);
        }

        var tar = new TarReader(new MemoryStream(builder.Build()), "layer");
        foreach (var name in expected)
        {
            Assert.Equal(name, tar.Next()!.Name);
            var buffer = new byte[Encoding.UTF8.GetByteCount(text) + 1];
            var length = 0;
            while (tar.Read(buffer.AsSpan(length)) is > 0 and var count)
            {
                length += count;
            }

            Assert.Equal(text, Encoding.UTF8.GetString(buffer, 0, length));
        }

        Assert.Null(tar.Next());
    }

    [Property]
    public void A_damaged_archive_is_read_or_refused_with_a_reason(DoNotSize<ushort> at, byte value, ushort cut)
    {
        var archive = new TarBuilder().Add("a", content: "x", attributes: [("user.a", [1, 2])]).Symlink("l", "to").Add(new string('n', 200)).Build();
        archive[at.Item % archive.Length] = value;
        var tar = new TarReader(new MemoryStream(archive[..(archive.Length - (cut % archive.Length))]), "layer");
        try
        {
            while (tar.Next() is not null)
            {
            }
        }
        catch (ImageException refusal)
        {
            Assert.StartsWith("layer: ", refusal.Message, StringComparison.Ordinal);
        }
    }

    private static string Text(byte[] choices, string alphabet) => string.Concat(choices.Select(choice => alphabet[choice % alphabet.Length]));

    /// <summary>A NUL is refused, for no call of the kernel could be given it.</summary>
    private static string WithoutNul(string text) => Encodable(text).Replace("\0", "", StringComparison.Ordinal);

    /// <summary>Without halves of surrogate pairs, which UTF-8 does not have.</summary>
    private static string Encodable(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
