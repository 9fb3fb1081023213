using System.Diagnostics;
using System.Text;
using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest;

/// <summary>
/// Whatever a manifest holds, it is read or refused with a reason: nothing else is thrown, nothing hangs, and what is allocated stays in
/// proportion. What was read is written and read again, and is the same. The seed is fixed, so that what fails once fails again.
/// </summary>
public sealed class ManifestFuzzTests
{
    private const int Seed = 20_261_121;
    private const int Rounds = 4000;
    private const long BytesPerDocument = 24 << 20;

    /// <summary>What is interesting in the place of a value, or of a part of one.</summary>
    private static readonly string[] Pieces =
    [
        "null", "~", "true", "yes", "-1", "0", "0777", "0o7", "1e400", ".inf", "4294967296", "18446744073709551616", "1.5", "100m", "1Ei", "\"\"", "\"/\"", "\"..\"", "\"a\\u0000b\"",
        "\"\\n\"", "é", "{}", "[]", "[[]]", "[null]", "[{}]", "{a: b}", "\"" + "a/".PadRight(3000, 'x') + "\"", "*a", "&a", "<<: *a", "!!binary aGk=", "!!str 5", "|", ">-", "---", "...", ": ", "- ", "#", "\t", "\n", "  ",
        "name: c", "containers:", "metadata.labels['a']", "status.podIP", "localhost", "$(A)", "Always", "80", "TCP",
    ];

    private static readonly string[] Kinds = ["Pod", "ConfigMap", "Secret", "PersistentVolumeClaim", "List"];

    [Fact]
    public void A_manifest_changed_at_random_is_read_or_refused_with_a_reason()
    {
        var random = new Random(Seed);
        var seeds = Directory.GetFiles(Folder("examples"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText).Append(EveryField.Manifest).ToArray();
        var clock = Stopwatch.StartNew();
        var (read, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var text = seeds[random.Next(seeds.Length)];
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                text = Change(text, random);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = clock.Elapsed;
            try
            {
                var reading = new ManifestReading(lenient: random.Next(2) == 0, acceptLater: random.Next(4) != 0);
                reading.Add("f", Encoding.UTF8.GetBytes(text), mayBeEmpty: false);
                AssertSame(reading.End());
                read++;
            }
            catch (ManifestException refusal)
            {
                refused++;
                Assert.All(refusal.Errors, static error => Assert.True(error.File == "f" && error.Detail.Length > 0));
            }
            catch (Exception other) when (other is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"round {round}: {other}\n{text}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < BytesPerDocument, $"round {round} took {GC.GetAllocatedBytesForCurrentThread() - before} bytes:\n{text}");
            Assert.True(clock.Elapsed - started < TimeSpan.FromSeconds(20), $"round {round} took {clock.Elapsed - started}:\n{text}");
        }

        Assert.True(read > Rounds / 20 && refused > Rounds / 20, $"{read} read, {refused} refused: the changes are too wild or too tame");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("0")]
    [InlineData("''")]
    [InlineData("[[{}]]")]
    [InlineData("[{}, {}]")]
    [InlineData("{a: {b: [c]}}")]
    public void Every_field_may_hold_anything_and_is_refused_with_its_own_name(string value)
    {
        var lines = EveryField.Manifest.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var colon = lines[i].IndexOf(": ", StringComparison.Ordinal);
            var end = colon < 0 ? lines[i].TrimEnd().Length - 1 : colon;
            if (end < 0 || (colon < 0 && !lines[i].TrimEnd().EndsWith(':')))
            {
                continue;
            }

            var indent = lines[i].Length - lines[i].TrimStart(' ', '-').Length;
            var rest = lines.Skip(i + 1).SkipWhile(line => line.Length - line.TrimStart(' ').Length > indent || (line.TrimStart().StartsWith("- ", StringComparison.Ordinal) && line.Length - line.TrimStart(' ').Length >= indent && colon < 0));
            var text = string.Join('\n', lines.Take(i).Append(lines[i][..end] + ": " + value).Concat(rest));
            try
            {
                Manifests.AllFields(text);
            }
            catch (ManifestException refusal)
            {
                Assert.All(refusal.Errors, static error => Assert.NotEmpty(error.Detail));
            }
        }
    }

    private static void AssertSame(ManifestDocuments documents)
    {
        foreach (var pod in documents.Pods)
        {
            var json = ManifestWriter.ToJson(pod);
            Assert.Equal(json, ManifestWriter.ToJson(PodManifest.Parse(Encoding.UTF8.GetBytes(json))));
            Assert.Equal(json, ManifestWriter.ToJson(Assert.Single(Manifests.AllFields(json).Pods)));
        }
    }

    private static string Change(string text, Random random)
    {
        var at = random.Next(text.Length + 1);
        var lines = text.Split('\n');
        switch (random.Next(8))
        {
            case 0:
                return text.Insert(at, Pieces[random.Next(Pieces.Length)]);
            case 1:
                return text.Remove(Math.Min(at, text.Length), Math.Min(random.Next(30), text.Length - at));
            case 2:
                return text[..at];
            case 3:
                var line = random.Next(lines.Length);
                lines[line] = lines[random.Next(lines.Length)];
                return string.Join('\n', lines);
            case 4:
                return string.Join('\n', lines.Where((_, i) => i != at % lines.Length));
            case 5:
                return text.Replace("kind: Pod", "kind: " + Kinds[random.Next(Kinds.Length)], StringComparison.Ordinal);
            default:
                var value = random.Next(lines.Length);
                var colon = lines[value].IndexOf(": ", StringComparison.Ordinal);
                lines[value] = colon < 0 ? lines[value] : lines[value][..(colon + 2)] + Pieces[random.Next(Pieces.Length)];
                return string.Join('\n', lines);
        }
    }

    private static string Folder(string name) => Path.Combine(Repository.Root, name);
}
