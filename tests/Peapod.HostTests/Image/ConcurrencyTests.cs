using Peapod.Image;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.HostTests.Image;

/// <summary>Many users of one store at a time, and users killed in the middle.</summary>
public sealed class ConcurrencyTests : IDisposable
{
    private static readonly byte[] Common = new TarBuilder().Add("common", content: new string('c', 300_000)).Build();

    private readonly StoreFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [SkippableFact]
    public void Threads_that_load_one_image_at_once_all_have_it()
    {
        var source = Source("a");

        var images = OnThreads(8, _ => Assert.Single(new ImageStore(fixture.Data).Load(source)));

        Assert.Single(images.Select(image => image.Id).Distinct());
        Assert.Equal("a", File.ReadAllText($"{fixture.Store.Resolve("localhost/a").LayerPaths[1]}/own"));
        fixture.AssertWhole();
        Assert.Single(fixture.Store.List());
    }

    [SkippableFact]
    public void Threads_that_load_different_images_of_one_layer_at_once_all_have_theirs()
    {
        var sources = Enumerable.Range(0, 8).Select(i => Source($"i{i}")).ToList();

        OnThreads(8, i => new ImageStore(fixture.Data).Load(sources[i]));

        Assert.Equal(8, fixture.Store.List().Count);
        Assert.Equal(9, Directory.GetDirectories($"{fixture.Images}/layers/sha256").Length);
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Processes_that_load_at_once_all_succeed()
    {
        string[] sources = [Source("a"), Source("a", "again"), Source("b"), Source("c")];

        var processes = sources.Select(source => StoreProcess.Load(fixture.Data, source)).ToList();
        try
        {
            processes.ForEach(process => process.AssertSuccess());
        }
        finally
        {
            processes.ForEach(process => process.Dispose());
        }

        Assert.Equal(["localhost/a:latest", "localhost/b:latest", "localhost/c:latest"], fixture.Store.List().SelectMany(image => image.Names));
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Loading_removing_resolving_and_leasing_at_once_never_shows_a_half_made_image()
    {
        var sources = new[] { Source("a"), Source("b") };
        var until = DateTime.UtcNow.AddSeconds(4);
        var leased = 0;
        var removed = 0;
        void Repeat(Action<ImageStore> act)
        {
            for (var store = new ImageStore(fixture.Data); DateTime.UtcNow < until;)
            {
                act(store);
            }
        }

        OnThreads(6, i =>
        {
            switch (i)
            {
                case 0 or 1:
                    Repeat(store => Assert.Equal(2, Assert.Single(store.Load(sources[i])).LayerPaths.Count));
                    break;
                case 2:
                    Repeat(store =>
                    {
                        if (Try(() => store.Remove("localhost/a"), " is not in "))
                        {
                            Interlocked.Increment(ref removed);
                        }
                    });
                    break;
                case 3:
                    Repeat(store => Assert.All(store.List(), image => Assert.Equal(2, image.LayerPaths.Count)));
                    break;
                default:
                    Repeat(store => Try(
                        () =>
                        {
                            var image = store.Resolve(i == 4 ? "localhost/a" : "localhost/b");
                            store.TakeLease($"c{i}", image);
                            try
                            {
                                Assert.All(image.LayerPaths, layer => Assert.Single(Directory.GetFiles(layer)));
                                Assert.Equal(image.Id, store.ReadLease($"c{i}")!.Id);
                                Interlocked.Increment(ref leased);
                            }
                            finally
                            {
                                store.ReleaseLease($"c{i}");
                            }
                        },
                        " is not in ",
                        " was removed while container "));
                    break;
            }

            return 0;
        });

        Assert.NotEqual(0, leased);
        Assert.NotEqual(0, removed);
        Assert.True(fixture.Store.CollectGarbage());
        fixture.AssertWhole();
        Try(() => fixture.Store.Remove("localhost/a"), " is not in ");
        Try(() => fixture.Store.Remove("localhost/b"), " is not in ");
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void A_load_in_progress_is_left_alone_and_a_killed_one_is_cleaned_up_by_the_next()
    {
        using var process = StoreProcess.LoadForever(fixture.Data, Source("slow"));
        Assert.Equal("loading", process.ReadLine());
        var staging = Assert.Single(Directory.GetDirectories($"{fixture.Images}/tmp"));

        fixture.Store.Load(Source("quick"));
        Assert.False(fixture.Store.CollectGarbage());
        Assert.Equal([staging], Directory.GetFileSystemEntries($"{fixture.Images}/tmp"));
        Assert.Equal(["localhost/quick:latest"], fixture.Store.List().SelectMany(image => image.Names));

        process.Kill();
        Assert.Equal([staging], Directory.GetFileSystemEntries($"{fixture.Images}/tmp"));
        fixture.Store.Load(Source("next"));
        fixture.AssertWhole();
        Assert.True(fixture.Store.CollectGarbage());
    }

    [SkippableFact]
    public void A_removal_while_another_process_loads_leaves_its_garbage_to_the_next()
    {
        fixture.Store.Load(Source("a"));
        using var process = StoreProcess.LoadForever(fixture.Data, Source("slow"));
        Assert.Equal("loading", process.ReadLine());

        Assert.Single(fixture.Store.Remove("localhost/a").Deleted);
        Assert.Empty(fixture.Store.List());
        Assert.Equal(2, Directory.GetDirectories($"{fixture.Images}/layers/sha256").Length);

        process.Kill();
        Assert.True(fixture.Store.CollectGarbage());
        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void A_process_killed_at_any_moment_leaves_a_store_that_is_whole()
    {
        var sources = new[] { Source("a"), Source("b") };
        var kept = Source("kept");
        for (var round = 0; round < 12; round++)
        {
            using (var process = StoreProcess.Churn(fixture.Data, sources))
            {
                Assert.Equal("ready", process.ReadLine());
                Thread.Sleep(20 + (round * 17));
                process.Kill();
            }

            fixture.Store.Load(kept);
            fixture.Store.ReleaseLease("churn");
            Assert.True(fixture.Store.CollectGarbage());
            fixture.AssertWhole();
        }

        foreach (var image in fixture.Store.List())
        {
            fixture.Store.Remove(image.Id.Hex);
        }

        fixture.AssertEmpty();
    }

    [SkippableFact]
    public void Files_left_half_written_are_removed_but_not_under_a_load()
    {
        fixture.Store.Load(Source("a"));
        string[] left = [$"{fixture.Images}/.0123", $"{fixture.Images}/leases/.4567", $"{fixture.Images}/records/sha256/.89ab"];
        Array.ForEach(left, path => File.WriteAllText(path, "{"));
        Directory.CreateDirectory($"{fixture.Images}/tmp/load-0123/layers/.x/tree/d");
        Directory.CreateDirectory($"{fixture.Images}/tmp/doomed-0123");

        using (var process = StoreProcess.LoadForever(fixture.Data, Source("slow")))
        {
            Assert.Equal("loading", process.ReadLine());
            Assert.False(fixture.Store.CollectGarbage());
            Assert.All(left, path => Assert.True(File.Exists(path)));
            process.Kill();
        }

        Assert.True(fixture.Store.CollectGarbage());
        Assert.All(left, path => Assert.False(File.Exists(path)));
        fixture.AssertWhole();
        Assert.Single(Directory.GetFiles($"{fixture.Images}/records/sha256"));
    }

    [SkippableFact]
    public void A_store_whose_making_was_interrupted_is_finished_by_the_next()
    {
        Directory.CreateDirectory($"{fixture.Images}/blobs");

        fixture.Store.Load(Source("a"));

        fixture.AssertWhole();
    }

    [SkippableFact]
    public void A_layer_left_without_its_image_is_taken_over()
    {
        var source = Source("a");
        var layer = Assert.Single(fixture.Store.Load(source)).LayerPaths[0];
        var inode = Inode(layer);
        File.Delete($"{fixture.Images}/index.json");

        fixture.Store.Load(source);

        Assert.Equal(inode, Inode(layer));
        fixture.AssertWhole();
    }

    [SkippableFact]
    public void Two_that_remove_the_same_deep_tree_do_not_hinder_each_other()
    {
        for (var round = 0; round < 10; round++)
        {
            // Where folders are quickly made.
            var tree = Directory.CreateDirectory($"/dev/shm/{Path.GetFileName(fixture.Folder)}").FullName;
            for (var branch = 0; branch < 20; branch++)
            {
                using var top = FileSystem.OpenDirectory(tree);
                var current = top.Duplicate();
                for (var i = 0; i < 120; i++)
                {
                    FileSystem.MakeDirectory(current, $"{branch}", 0x1c0);
                    var next = FileSystem.OpenAt(current, $"{branch}", Libc.O_PATH);
                    current.Dispose();
                    current = next;
                }

                current.Dispose();
            }

            OnThreads(3, _ =>
            {
                FileTree.Remove(tree);
                return 0;
            });
            Assert.False(Path.Exists(tree));
        }
    }

    /// <summary>A layout of an image called localhost/NAME that shares a layer with all others.</summary>
    private string Source(string name, string? folder = null) => fixture.Layout($"layout-{folder ?? name}").Add($"localhost/{name}", Common, new TarBuilder().Add("own", content: name).Build()).Finish();

    private static ulong Inode(string path)
    {
        Assert.Equal(0, Mono.Unix.Native.Syscall.lstat(path, out var status));
        return status.st_ino;
    }

    /// <summary>True when it was done, false when it was refused in one of the expected ways.</summary>
    private static bool Try(Action act, params string[] expected)
    {
        try
        {
            act();
            return true;
        }
        catch (ImageException error) when (expected.Any(text => error.Message.Contains(text, StringComparison.Ordinal)))
        {
            return false;
        }
    }

    private static List<T> OnThreads<T>(int count, Func<int, T> act)
    {
        using var barrier = new Barrier(count);
        var results = new T[count];
        var failures = new Exception?[count];
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                barrier.SignalAndWait();
                results[i] = act(i);
            }
            catch (Exception error)
            {
                failures[i] = error;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(failures, Assert.Null);
        return [.. results];
    }
}
