using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.HostTests.Network;

/// <summary>A network namespace of its own, and the one thread that lives in it and does what it is given. Ends when disposed.</summary>
internal sealed class TestNamespace : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;

    public TestNamespace()
    {
        thread = new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
            {
                action();
            }
        })
        { IsBackground = true };
        thread.Start();
        Run(() =>
        {
            KernelException.Check(Libc.unshare((int)Libc.CLONE_NEWNET), "unshare");
            Descriptor = FileSystem.Open("/proc/thread-self/ns/net", Libc.O_RDONLY);
            ThreadId = Libc.gettid();
        });
    }

    public SafeFd Descriptor { get; private set; } = null!;

    /// <summary>For <c>ip link set … netns ID</c>.</summary>
    public int ThreadId { get; private set; }

    public void Run(Action action) => Run(() =>
    {
        action();
        return 0;
    });

    public T Run<T>(Func<T> function)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        work.Add(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    /// <summary>Runs a program in the namespace and returns what it printed; a child process has the namespaces of the thread that starts it.</summary>
    public string Command(string program, params string[] arguments) => Run(() =>
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}");
    });

    public void Dispose()
    {
        Descriptor.Dispose();
        work.CompleteAdding();
        thread.Join();
    }
}
