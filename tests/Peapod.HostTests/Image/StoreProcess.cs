using System.Diagnostics;
using Peapod.Image;

namespace Peapod.HostTests.Image;

/// <summary>Another process that uses a store: this assembly, run as a program. It is killed when disposed.</summary>
internal sealed class StoreProcess : IDisposable
{
    private readonly Process process;

    private StoreProcess(Process process) => this.process = process;

    /// <summary>Loads an image and ends.</summary>
    internal static StoreProcess Load(string data, string source) => Start("load", data, source);

    /// <summary>Begins to load, says so, and stays in the middle of it for ever.</summary>
    internal static StoreProcess LoadForever(string data, string source) => Start("load-forever", data, source);

    /// <summary>Loads the images and removes them, over and over; says when it begins.</summary>
    internal static StoreProcess Churn(string data, params string[] sources) => Start(["churn", data, .. sources]);

    internal string? ReadLine() => process.StandardOutput.ReadLine();

    internal void AssertSuccess()
    {
        Assert.True(process.WaitForExit(60_000));
        Assert.Equal("", process.StandardError.ReadToEnd());
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>SIGKILL.</summary>
    internal void Kill()
    {
        process.Kill();
        Assert.True(process.WaitForExit(60_000));
        Assert.Equal(128 + 9, process.ExitCode);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private static StoreProcess Start(params string[] arguments) => new(Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(StoreProcess).Assembly.Location, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!);

    private static int Main(string[] arguments)
    {
        var store = new ImageStore(arguments[1]);
        switch (arguments[0])
        {
            case "load":
                store.Load(arguments[2]);
                return 0;
            case "load-forever":
                store.Load(arguments[2], new()
                {
                    Progress = _ =>
                    {
                        Console.WriteLine("loading");
                        Thread.Sleep(Timeout.Infinite);
                    },
                });
                return 1;
            case "churn":
                Console.WriteLine("ready");
                while (true)
                {
                    foreach (var image in arguments[2..].SelectMany(source => store.Load(source)))
                    {
                        store.TakeLease("churn", image);
                        store.Remove(image.Id.Hex);
                        store.ReleaseLease("churn");
                    }
                }

            default:
                return 2;
        }
    }
}
