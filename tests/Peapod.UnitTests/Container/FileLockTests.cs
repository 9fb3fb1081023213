using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.UnitTests.Container;

public sealed class FileLockTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("peapod-lock-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_lock_that_is_held_is_waited_for_with_a_bound_and_its_holder_is_told()
    {
        using var held = FileLock.Acquire($"{folder}/lock");

        var error = Assert.Throws<LockHeldException>(() => FileLock.Acquire($"{folder}/lock", patience: 50));

        Assert.StartsWith($"process {Environment.ProcessId} (", error.Holder);
        Assert.Equal(error.Holder, Assert.Throws<LockHeldException>(() => FileLock.AcquireExisting($"{folder}/lock", patience: 50)).Holder);
    }

    [Fact]
    public void Each_byte_of_a_file_is_a_lock_of_its_own_even_where_the_file_has_none()
    {
        using var held = FileLock.AcquireByte($"{folder}/lock", long.MaxValue - 1);
        using var other = FileLock.AcquireByte($"{folder}/lock", 0, patience: 50);

        Assert.Throws<LockHeldException>(() => FileLock.AcquireByte($"{folder}/lock", long.MaxValue - 1, patience: 50));
        held.Dispose();
        FileLock.AcquireByte($"{folder}/lock", long.MaxValue - 1, patience: 50).Dispose();
    }

    [Fact]
    public void So_is_a_directorys()
    {
        using var held = FileLock.AcquireDirectory(folder);

        Assert.StartsWith($"process {Environment.ProcessId} (", Assert.Throws<LockHeldException>(() => FileLock.AcquireDirectory(folder, patience: 50)).Holder);
    }

    [Fact]
    public async Task Its_holder_is_found_among_descriptors_that_come_and_go()
    {
        using var held = FileLock.AcquireDirectory(folder);
        using var end = new CancellationTokenSource();
        var busy = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                File.Create($"{folder}/busy").Dispose();
            }
        });

        for (var i = 0; i < 20; i++)
        {
            Assert.StartsWith($"process {Environment.ProcessId} (", Assert.Throws<LockHeldException>(() => FileLock.AcquireDirectory(folder, patience: 1)).Holder);
        }

        await end.CancelAsync();
        await busy;
    }

    [Fact]
    public async Task A_lock_that_is_let_go_of_in_time_is_had()
    {
        var held = FileLock.Acquire($"{folder}/lock");
        var release = Task.Run(async () =>
        {
            await Task.Delay(100);
            held.Dispose();
        });

        FileLock.Acquire($"{folder}/lock").Dispose();
        await release;
    }

    [Fact]
    public async Task A_lock_that_is_made_is_held_before_anybody_sees_it()
    {
        using var end = new CancellationTokenSource();
        var thief = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    // One that was opened before it was removed can be had when it is let go of.
                    using var had = FileLock.AcquireExisting($"{folder}/lock", patience: 0);
                    if (FileSystem.Stat(had.File).LinkCount > 0)
                    {
                        return true;
                    }
                }
                catch (KernelException)
                {
                    // It is not there, or held.
                }
            }

            return false;
        });

        for (var i = 0; i < 2000; i++)
        {
            var held = FileLock.Create($"{folder}/lock");
            File.Delete($"{folder}/lock");
            held.Dispose();
        }

        await end.CancelAsync();
        Assert.False(await thief);
    }

    [Theory]
    [InlineData("         0    1200000      65536", 1000, 1201000u)]
    [InlineData("0 1000 1\n1 100000 65536", 0, 1000u)]
    [InlineData("0 1000 1\n1 100000 65536", 65536, 165535u)]
    [InlineData("0 0 4294967295", 4294967294, 4294967294u)]
    [InlineData("0 1000 1", 1, null)]
    [InlineData("", 0, null)]
    public void The_hosts_user_is_found_in_the_map(string map, uint user, uint? owner) => Assert.Equal(owner, StreamOwner.HostUser(map, user));
}
