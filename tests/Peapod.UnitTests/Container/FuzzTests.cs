using System.Diagnostics;
using System.Text;
using Peapod.Container.Plans;
using Peapod.Oci;
using Peapod.UnitTests.Oci;

namespace Peapod.UnitTests.Container;

/// <summary>
/// Whatever config.json holds, it is read, checked and compiled to a plan, or refused with a reason: nothing else is thrown, nothing
/// hangs, and what is allocated stays in proportion. The seed is fixed, so that what fails once fails again.
/// </summary>
public sealed class FuzzTests
{
    private const int Seed = 20_260_821;
    private const int Rounds = 6000;
    private const long BytesPerDocument = 4 << 20;

    private static readonly string[] Seeds =
    [
        Documents.EveryField,
        Encoding.UTF8.GetString(DefaultSpec.Create().ToJson(indented: false)),
        """{"ociVersion": "1.0.0"}""",
        """{"ociVersion": "1.2.0", "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}}, "root": {"path": "rootfs"}}""",
        """{"ociVersion": "1.2.0", "root": {"path": "r"}, "process": {"args": ["sh"], "cwd": "/"}, "linux": {"namespaces": [{"type": "mount"}], "netDevices": {"eth0": {"name": "container_eth0"}}, "resources": {"rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}}}}}""",
        """{"ociVersion": "1.2.0", "root": {"path": "r"}, "process": {"args": ["sh"], "cwd": "/"}, "mounts": [{"destination": "/a", "type": "bind", "source": "/b", "options": ["rbind", "rro", "rshared"]}, {"destination": "/t", "type": "tmpfs", "options": ["size=4k", "tmpcopyup"]}], "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "user"}], "uidMappings": [{"containerID": 0, "hostID": 1, "size": 9}], "sysctl": {"net.ipv4.ip_forward": "1"}, "maskedPaths": ["/proc/keys"], "devices": [{"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229}]}}""",
    ];

    /// <summary>What is interesting in the place of a value, or of a part of one.</summary>
    private static readonly string[] Pieces =
    [
        "null", "true", "-1", "0", "1e400", "4294967295", "4294967296", "18446744073709551615", "18446744073709551616", "-9223372036854775809",
        "\"\"", "\"/\"", "\"..\"", "\"/../..\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\n\"", "\"/proc/self/fd/7\"", "\"//\"", "\".\"", "\" \"",
        "{}", "[]", "[[]]", "[null]", "[\"\"]", "{\"\":\"\"}", "\"" + "a/".PadRight(9000, 'x') + "\"", "\"0-4294967295\"", "\"0-65535\"",
        "[{\"type\":\"mount\"}]", "[{\"type\":\"user\"}]", "{\"type\":\"bind\",\"destination\":\"/proc\",\"source\":\"/proc\"}", ",", ":", "}", "]", "\\", "\"",
    ];

    [Fact]
    public void A_configuration_changed_at_random_is_compiled_or_refused_with_a_reason()
    {
        var random = new Random(Seed);
        var clock = Stopwatch.StartNew();
        var (compiled, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var document = Seeds[random.Next(Seeds.Length)];
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                document = Change(document, random);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = clock.Elapsed;
            try
            {
                Compile(document);
                compiled++;
            }
            catch (SpecException refusal)
            {
                Assert.NotEqual("", refusal.Reason);
                refused++;
            }
            catch (Exception other)
            {
                Assert.Fail($"round {round}: {other}\n{document}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < BytesPerDocument, $"round {round}: {GC.GetAllocatedBytesForCurrentThread() - before} bytes for\n{document}");
            Assert.True((clock.Elapsed - started).TotalSeconds < 10, $"round {round}: too slow:\n{document}");
        }

        // Both happen often, or this would test nothing.
        Assert.InRange(compiled, Rounds / 50, Rounds);
        Assert.InRange(refused, Rounds / 10, Rounds);
    }

    /// <summary>The kinds of mistakes of the runtime-spec's own bad examples.</summary>
    [Theory]
    [InlineData("""{"ociVersion": "1.0.0", "process": {"args": ["sh"], """)]
    [InlineData("""{"ociVersion": "1.0.0", "linux": {"resources": {"hugepageLimits": [{"pageSize": "2MB", "limit": "1024"}]}}}""")]
    [InlineData("""{"ociVersion": "1.0.0", "linux": {"netDevices": {"eth0": {"name": 23}}}}""")]
    [InlineData("""{"ociVersion": "1.0.0", "linux": {"resources": {"rdma": {"mlx5_1": {"hcaHandles": "3"}}}}}""")]
    public void A_bad_example_is_refused(string document) => Assert.Throws<SpecException>(() => Compile(document));

    [Fact]
    public void Documents_nested_without_end_are_refused() => Assert.Throws<SpecException>(() => Compile(new string('[', 100_000)));

    private static void Compile(string document)
    {
        var spec = Spec.Parse(Encoding.UTF8.GetBytes(document));
        SpecValidator.Validate(spec);
        if (spec.Root is null || spec.Process is null)
        {
            return;
        }

        var plan = PlanCompiler.Compile(new PlanRequest { Id = "fuzz", Spec = spec, Bundle = "/bundle", CgroupMount = "/sys/fs/cgroup", WaitsForStart = true });
        PlanEncoder.Encode(plan, new int[plan.SlotCount], 9);
        PlanCompiler.CompileExec(new ExecPlanRequest { Container = spec, Process = spec.Process });
    }

    private static string Change(string document, Random random)
    {
        if (document.Length == 0)
        {
            return Pieces[random.Next(Pieces.Length)];
        }

        var at = random.Next(document.Length);
        var piece = Pieces[random.Next(Pieces.Length)];
        switch (random.Next(6))
        {
            case 0: // one character
                return document[..at] + (char)random.Next(1, 0x100) + document[(at + 1)..];
            case 1: // a stretch less
                return document.Remove(at, random.Next(Math.Min(40, document.Length - at)));
            case 2: // a stretch twice
                var stretch = document.Substring(at, random.Next(Math.Min(60, document.Length - at)));
                return document.Insert(at, stretch);
            case 3: // a piece more
                return document.Insert(at, piece);
            default: // a value replaced, which mostly leaves it JSON
                var colon = document.IndexOf(':', at);
                if (colon < 0)
                {
                    return document;
                }

                var end = document.IndexOfAny([',', '}', ']'], colon);
                return end < 0 ? document : $"{document[..(colon + 1)]}{piece}{document[end..]}";
        }
    }
}
