using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.HostTests.Image;
using Peapod.Image;
using Peapod.Registry;
using Peapod.Registry.Configuration;
using Peapod.Registry.Pulling;

namespace Peapod.HostTests.Registry;

/// <summary>Pulls from a registry that cuts, stalls, lies and refuses: each ends in the image or in a sentence, and leaves nothing half.</summary>
public sealed class PullFaultTests : IDisposable
{
    private static readonly byte[] Lower = new TarBuilder().Add("lower", content: new string('l', 10)).Add("random", content: Noise(600_000)).Build();
    private static readonly byte[] Upper = new TarBuilder().Add("upper", content: "u").Build();

    private static readonly RegistryOptions Quick = new()
    {
        RetryDelay = TimeSpan.FromMilliseconds(10), AnswerTimeout = TimeSpan.FromSeconds(1), ConnectTimeout = TimeSpan.FromSeconds(1), MirrorTimeout = TimeSpan.FromMilliseconds(300),
        ProgressTimeout = TimeSpan.FromMilliseconds(600), LongestPause = TimeSpan.FromSeconds(5), HostsFolder = "/nonexistent",
    };

    private readonly StoreFixture fixture = new();
    private readonly List<HostileRegistry> registries = [];
    private readonly List<string> warnings = [];

    public void Dispose()
    {
        registries.ForEach(registry => registry.Dispose());
        fixture.Dispose();
    }

    [SkippableFact]
    public void An_image_is_pulled_with_a_request_for_each_document_and_layer()
    {
        var registry = Serve(Lower, Upper);

        var pulled = Pull(registry);

        Assert.Equal((registry.Name, true), (pulled.Name.ToString(), pulled.WasFetched));
        Assert.Equal([registry.Name], pulled.Image.Names);
        Assert.Equal("u", File.ReadAllText($"{pulled.Image.LayerPaths[1]}/upper"));
        Assert.Equal(4, registry.Asked.Count);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void What_is_there_is_not_fetched_again()
    {
        var registry = Serve(Lower);
        Pull(registry);
        var other = Serve(Lower, Upper);

        Assert.False(Pull(registry).WasFetched);
        Pull(other);

        Assert.Single(registry.Asked, exchange => exchange.IsBlob && exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal));
        Assert.DoesNotContain(other.Asked, exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal));
        Assert.Contains(other.Asked, exchange => exchange.Path.EndsWith(BlobOf(Upper), StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_transfer_that_is_cut_goes_on_where_it_was()
    {
        var registry = Serve(Lower);
        var cuts = 0;
        registry.Fault = exchange =>
        {
            if (!exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal) || cuts == 3)
            {
                return false;
            }

            cuts++;
            var content = Packed(Lower)[(exchange.From ?? 0)..];
            exchange.Head(exchange.From is null ? 200 : 206, content.Length, $"Content-Range: bytes {exchange.From ?? 0}-{Packed(Lower).Length - 1}/{Packed(Lower).Length}");
            exchange.Raw(content[..100_000]);
            exchange.Cut();
            return true;
        };

        Pull(registry);

        var ranges = registry.Blobs.Where(exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal)).Select(exchange => exchange.From).ToList();
        Assert.Equal(4, ranges.Count);
        Assert.Null(ranges[0]);
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.Second > (pair.First ?? 0)));
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_registry_that_knows_no_ranges_is_read_from_the_beginning()
    {
        var registry = Serve(Lower);
        var first = true;
        registry.Fault = exchange =>
        {
            if (!exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal))
            {
                return false;
            }

            exchange.Head(200, Packed(Lower).Length);
            exchange.Raw(first ? Packed(Lower)[..50_000] : Packed(Lower));
            if (first)
            {
                first = false;
                exchange.Cut();
            }

            return true;
        };

        Pull(registry);

        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_registry_that_always_cuts_is_given_up()
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => exchange.IsBlob && Do(() =>
        {
            exchange.Head(exchange.From is null ? 200 : 206, 400_000, $"Content-Range: bytes {exchange.From ?? 0}-{(exchange.From ?? 0) + 399_999}/*");
            exchange.Raw([1]);
            exchange.Cut();
        });

        Assert.Contains("closed the connection", Refused(registry, Quick with { Retries = 2 }), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void One_byte_a_moment_is_taken_for_a_hung_registry()
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal) && Do(() =>
        {
            exchange.Head(200, Packed(Lower).Length);
            for (var i = 0; i < 200; i++)
            {
                exchange.Raw([Packed(Lower)[i]]);
                Thread.Sleep(50);
            }
        });
        var clock = Stopwatch.StartNew();

        Assert.EndsWith($"{registry.Address} has sent less than 16384 bytes of sha256:{BlobOf(Lower)} in 0.6 s", Refused(registry, Quick with { Retries = 0 }), StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_registry_that_does_not_answer_is_left_after_a_while(bool manifest)
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => (manifest ? exchange.IsManifest : exchange.IsBlob) && Do(registry.StallForEver);

        Assert.EndsWith($"{registry.Address} has not answered within 1 s", Refused(registry, Quick with { Retries = 0 }), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_flipped_byte_is_a_wrong_digest()
    {
        var registry = Serve(Lower);
        var flipped = Packed(Lower);
        flipped[flipped.Length / 2] ^= 1;
        registry.Fault = exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal) && Do(() => exchange.Send(200, flipped));

        Assert.Equal($"{registry.Address}/team/app@sha256:{BlobOf(Lower)}: its content has the digest {LayoutBuilder.Sha256(flipped)}, expected sha256:{BlobOf(Lower)}", Refused(registry));
    }

    [SkippableFact]
    public void A_blob_longer_than_its_manifest_says_is_refused()
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal) && Do(() => exchange.Send(200, [.. Packed(Lower), 0]));

        Assert.Contains($": it has more than {Packed(Lower).Length} bytes", Refused(registry), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(429)]
    public void What_may_pass_is_tried_again(int status)
    {
        var registry = Serve(Lower);
        var refusals = 0;
        registry.Fault = exchange => exchange.Path != "/v2/" && ++refusals % 3 != 0 && Do(() => exchange.Send(status, []));

        Pull(registry, Quick with { Retries = 3 });

        fixture.AssertWhole();
    }

    [SkippableFact]
    public void What_does_not_pass_is_told_with_the_registrys_words()
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(500, """{"errors":[{"code":"UNKNOWN","message":"disk on \u001b[31mfire"}]}"""u8.ToArray()));

        var message = Refused(registry, Quick with { Retries = 1 });

        Assert.StartsWith($"{registry.Name}: {registry.Address} answers 500 (UNKNOWN: disk on ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", message, StringComparison.Ordinal);
        Assert.Equal(2, registry.Asked.Count);
    }

    [SkippableFact]
    public void A_pause_that_is_asked_for_is_kept_and_a_long_one_is_told()
    {
        var registry = Serve(Lower);
        var first = true;
        registry.Fault = exchange => exchange.IsManifest && first && Do(() =>
        {
            first = false;
            exchange.Send(429, [], "Retry-After: 1");
        });
        var clock = Stopwatch.StartNew();

        Pull(registry);

        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(1));
        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(429, """{"errors":[{"code":"TOOMANYREQUESTS"}]}"""u8.ToArray(), "Retry-After: 3600"));
        var error = Assert.Throws<RegistryException>(() => Pull(registry));
        Assert.Equal((RegistryFailure.Limited, $"{registry.Name}: {registry.Address} takes no more requests for now: it asks to be left alone for 3600 s (TOOMANYREQUESTS)"), (error.Failure, error.Message));
    }

    [SkippableFact]
    public void A_manifest_of_another_digest_is_refused()
    {
        var registry = Serve(Lower);
        var other = Encoding.UTF8.GetBytes("""{"schemaVersion": 2}""");
        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(200, other, "Content-Type: application/vnd.oci.image.manifest.v1+json", $"Docker-Content-Digest: {ManifestDigest(registry)}"));

        Assert.Equal($"{registry.Name}: what {registry.Address} sends has the digest {LayoutBuilder.Sha256(other)}, expected {ManifestDigest(registry)}", Refused(registry));
        Assert.Equal(
            $"{registry.Address}/team/app@{ManifestDigest(registry)}: what {registry.Address} sends has the digest {LayoutBuilder.Sha256(other)}, expected {ManifestDigest(registry)}",
            Assert.Throws<RegistryException>(() => Puller().Pull($"{registry.Address}/team/app@{ManifestDigest(registry)}", PullPolicy.Always, new())).Message);
    }

    [SkippableTheory]
    [InlineData("{\"schemaVersion\": 2", "not valid JSON")]
    [InlineData("{\"schemaVersion\": 1, \"layers\": []}", "schemaVersion is 1, expected 2")]
    [InlineData("{\"schemaVersion\": 2, \"layers\": []}", "\"config\" is missing")]
    [InlineData("[]", "expected an object, found an array")]
    public void A_manifest_that_is_none_is_refused(string json, string complaint)
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(200, Encoding.UTF8.GetBytes(json), "Content-Type: application/vnd.oci.image.manifest.v1+json"));

        Assert.Contains(complaint, Refused(registry), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_gigantic_manifest_is_left(bool toldInAdvance)
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => exchange.IsManifest && Do(() =>
        {
            exchange.Raw(Encoding.ASCII.GetBytes($"HTTP/1.1 200 X\r\n{(toldInAdvance ? "Content-Length: 5000000" : "Transfer-Encoding: chunked")}\r\n\r\n"));
            while (true)
            {
                exchange.Raw(Encoding.ASCII.GetBytes("10000\r\n"));
                exchange.Raw(new byte[65536]);
                exchange.Raw("\r\n"u8.ToArray());
            }
        });

        Assert.Equal($"the manifest of {registry.Name} has more than 4194304 bytes", Refused(registry));
    }

    [SkippableFact]
    public void An_index_of_ten_thousand_manifests_is_refused()
    {
        var registry = Serve(Lower);
        var entries = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$$"""{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{{i:x64}}}","size":1,"platform":{"os":"linux","architecture":"amd64"}}"""));
        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(200, Encoding.UTF8.GetBytes($$"""{"schemaVersion": 2, "manifests": [{{entries}}]}"""), "Content-Type: application/vnd.oci.image.index.v1+json"));

        Assert.EndsWith(": 10000 manifests; an index may have 1000", Refused(registry), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_layer_that_unpacks_to_more_than_is_allowed_is_refused()
    {
        var bomb = new TarBuilder().Add("zeros", content: new string('\0', 40_000_000)).Build();
        var registry = Serve(bomb);

        var error = Assert.Throws<ImageException>(() => Puller().Pull(registry.Name, PullPolicy.Always, new() { Limits = new() { LayerBytes = 10_000_000 } }));

        Assert.Contains("more than 10000000 bytes", error.Message, StringComparison.Ordinal);
        fixture.AssertEmpty();
    }

    [SkippableTheory]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws", "its manifest is of Docker's schema 1, which was given up in 2017; push it again with a tool of today")]
    [InlineData("text/html", "media type text/html is neither an image's nor an index's")]
    public void A_manifest_of_a_type_that_is_not_read_is_refused(string type, string complaint)
    {
        var registry = Serve(Lower);
        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(200, "{}"u8.ToArray(), $"Content-Type: {type}"));

        Assert.Contains(complaint, Refused(registry), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Several_new_attempts_for_a_layer_do_not_keep_another_failure_waiting()
    {
        var registry = Serve(Lower, Upper);
        registry.Fault = exchange => exchange.IsBlob && !exchange.Path.EndsWith(ConfigOf(registry), StringComparison.Ordinal) && Do(() =>
        {
            if (exchange.Path.EndsWith(BlobOf(Upper), StringComparison.Ordinal))
            {
                exchange.Send(403, []);
            }
            else
            {
                registry.StallForEver();
            }
        });
        var clock = Stopwatch.StartNew();

        Assert.EndsWith($"{registry.Address} denies access", Refused(registry, Quick with { AnswerTimeout = TimeSpan.FromSeconds(30) }), StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10));
    }

    [SkippableFact]
    public void A_mirror_that_fails_is_passed_over_and_one_that_works_is_used()
    {
        var hung = Serve(Lower);
        hung.Fault = _ => Do(hung.StallForEver);
        var registry = Serve(Lower, Upper);
        var mirror = Serve(Lower, Upper);

        var pulled = Puller(conf: Conf(registry, hung, mirror)).Pull(registry.Name, PullPolicy.Always, new());

        Assert.Equal([registry.Name], pulled.Image.Names);
        Assert.Empty(registry.Asked);
        Assert.Equal(4, mirror.Asked.Count);
    }

    [SkippableFact]
    public void What_a_mirror_breaks_off_the_registry_goes_on_with()
    {
        var registry = Serve(Lower);
        var mirror = Serve(Lower);
        mirror.Fault = exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal) && Do(() =>
        {
            exchange.Head(200, Packed(Lower).Length);
            exchange.Raw(Packed(Lower)[..300_000]);
            exchange.Cut();
        });

        Puller(Quick with { Retries = 0 }, Conf(registry, mirror)).Pull(registry.Name, PullPolicy.Always, new());

        Assert.True(Assert.Single(registry.Blobs).From > 0);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void When_all_fail_the_registrys_own_word_comes_first()
    {
        var registry = Serve(Lower);
        var mirror = Serve(Lower);
        registry.Fault = mirror.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(404, []));

        var error = Assert.Throws<RegistryException>(() => Puller(conf: Conf(registry, mirror)).Pull(registry.Name, PullPolicy.Always, new()));

        Assert.Equal($"{registry.Name}: not found at {registry.Address}\n  mirror {mirror.Address}: {registry.Name}: not found at {mirror.Address}", error.Message);
    }

    [SkippableFact]
    public void Pulls_of_one_image_at_once_fetch_each_layer_once()
    {
        var registry = Serve(Lower, Upper);
        registry.Fault = exchange =>
        {
            Thread.Sleep(exchange.IsBlob ? 200 : 0);
            return false;
        };

        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => new ImagePuller(new(fixture.Data), RegistriesConf.None, Quick with { AnswerTimeout = TimeSpan.FromSeconds(20), ConnectTimeout = TimeSpan.FromSeconds(20) }).Pull(registry.Name, PullPolicy.Always, new()));

        Assert.Single(registry.Blobs, exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal));
        Assert.Single(registry.Blobs, exchange => exchange.Path.EndsWith(BlobOf(Upper), StringComparison.Ordinal));
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Layers_that_came_whole_before_a_failure_need_not_come_again()
    {
        var registry = Serve(Lower, Upper);
        registry.Fault = exchange => exchange.Path.EndsWith(BlobOf(Upper), StringComparison.Ordinal) && Do(() =>
        {
            PodUntil(() => Directory.Exists($"{fixture.Images}/layers/sha256/{LayoutBuilder.Sha256(Lower)[7..]}"));
            exchange.Send(403, []);
        });
        Assert.Throws<RegistryException>(() => Pull(registry, Quick with { AnswerTimeout = TimeSpan.FromSeconds(20) }));
        Assert.Empty(fixture.Store.List());
        registry.Fault = null;

        Pull(registry);

        Assert.Single(registry.Blobs, exchange => exchange.Path.EndsWith(BlobOf(Lower), StringComparison.Ordinal));
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Policies_ask_the_registry_when_they_say_so()
    {
        var registry = Serve(Lower);
        Assert.Throws<ImageNotFoundException>(() => Puller().Pull(registry.Name, PullPolicy.Never, new()));
        Assert.Empty(registry.Asked);

        Assert.True(Puller().Pull(registry.Name, PullPolicy.Missing, new()).WasFetched);
        var before = registry.Asked.Count;
        Assert.False(Puller().Pull(registry.Name, PullPolicy.Missing, new()).WasFetched);
        Assert.False(Puller().Pull(registry.Name, PullPolicy.Never, new()).WasFetched);
        Assert.Equal(before, registry.Asked.Count);

        registry.Fault = exchange => exchange.IsManifest && Do(() => exchange.Send(403, []));
        Assert.False(Puller().Pull(registry.Name, PullPolicy.Newer, new()).WasFetched);
        Assert.EndsWith("denies access; the image that is there is used", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Throws<RegistryException>(() => Pull(registry));
    }

    [SkippableFact]
    public void A_platform_is_taken_from_an_index_and_another_one_is_told()
    {
        var registry = new HostileRegistry(fixture.Layout("index").AddIndex("x", Lower).Finish());
        registries.Add(registry);

        Pull(registry);
        var error = Assert.Throws<ImageException>(() => Puller().Pull(registry.Name, PullPolicy.Always, new() { Platform = new("linux", "riscv64", null) }));

        Assert.EndsWith($": no image for linux/riscv64: it is for linux/s390x, linux/{LayoutBuilder.Architecture}", error.Message, StringComparison.Ordinal);
        var single = Serve(Lower);
        Pull(single);
        Assert.False(Puller().Pull(single.Name, PullPolicy.Missing, new() { Platform = new("linux", LayoutBuilder.Architecture, null) }).WasFetched);
        Assert.Throws<ImageException>(() => Puller().Pull(single.Name, PullPolicy.Missing, new() { Platform = new("linux", "riscv64", null) }));
        Assert.Throws<ImageNotFoundException>(() => Puller().Pull(single.Name, PullPolicy.Never, new() { Platform = new("linux", "riscv64", null) }));
        Assert.EndsWith(
            $"the image is for linux/{LayoutBuilder.Architecture}; wanted is one for linux/riscv64",
            Assert.Throws<ImageException>(() => Puller().Pull(single.Name, PullPolicy.Always, new() { Platform = new("linux", "riscv64", null) })).Message, StringComparison.Ordinal);
        fixture.AssertWhole();
    }

    private static bool Do(Action act)
    {
        act();
        return true;
    }

    private static void PodUntil(Func<bool> condition) => Harness.PodBed.Until(condition, "the other layer is whole");

    private HostileRegistry Serve(params byte[][] layers)
    {
        var registry = new HostileRegistry(fixture.Layout($"registry-{registries.Count}").Add("x", layers).Finish());
        registries.Add(registry);
        return registry;
    }

    private ImagePuller Puller(RegistryOptions? options = null, RegistriesConf? conf = null) => new(fixture.Store, conf ?? RegistriesConf.None, (options ?? Quick) with { Warn = warnings.Add });

    private PulledImage Pull(HostileRegistry registry, RegistryOptions? options = null) => Puller(options).Pull(registry.Name, PullPolicy.Always, new());

    /// <summary>The sentence, and that nothing is left.</summary>
    private string Refused(HostileRegistry registry, RegistryOptions? options = null)
    {
        var error = Assert.ThrowsAny<ImageException>(() => Pull(registry, options));
        if (Directory.Exists(fixture.Images))
        {
            fixture.AssertEmpty();
        }

        return error.Message;
    }

    private RegistriesConf Conf(HostileRegistry registry, params HostileRegistry[] mirrors)
    {
        var file = fixture.Write("registries.conf", Encoding.UTF8.GetBytes($"[[registry]]\nlocation = \"{registry.Address}\"\n{string.Concat(mirrors.Select(mirror => $"[[registry.mirror]]\nlocation = \"{mirror.Address}\"\n"))}"));
        return RegistriesConf.Load([file], null, warnings.Add);
    }

    private static byte[] Packed(byte[] layer) => TarBuilder.Gzip(layer);

    private static string BlobOf(byte[] layer) => LayoutBuilder.Sha256(Packed(layer))[7..];

    private static string ManifestDigest(HostileRegistry registry) => (string)JsonNode.Parse(File.ReadAllText($"{registry.Layout}/index.json"))!["manifests"]![0]!["digest"]!;

    private static string ConfigOf(HostileRegistry registry) => (string)JsonNode.Parse(File.ReadAllText($"{registry.Layout}/blobs/sha256/{ManifestDigest(registry)[7..]}"))!["config"]!["digest"]!;

    private static string Noise(int length)
    {
        var random = new Random(7);
        return string.Create(length, random, static (span, source) =>
        {
            foreach (ref var c in span)
            {
                c = (char)source.Next(32, 126);
            }
        });
    }
}
