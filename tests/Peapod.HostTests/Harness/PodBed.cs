using System.Diagnostics;
using System.Text.Json.Nodes;
using Peapod.Host;
using Peapod.Network;
using Peapod.Pod.Layout;

namespace Peapod.HostTests.Harness;

/// <summary>A host for pods with folders of the test's own and the busybox image, and the promise that nothing is left at the end.</summary>
internal sealed class PodBed : IDisposable
{
    private static readonly Lazy<string> Data = new(LoadImage);
    private readonly string before;
    private readonly Traces traces;
    private readonly Dictionary<string, string> owners = [];

    internal PodBed()
    {
        DataRoot = Data.Value;
        RemoveHostState();
        traces = Traces.Now();
        before = Leftovers();
        Folder = Directory.CreateTempSubdirectory("peapod-pods-").FullName;
    }

    /// <summary>For the test's files; goes with the test.</summary>
    internal string Folder { get; }

    internal string DataRoot { get; }

    internal string RunRoot => Path.Combine(Folder, "run");

    internal string RunOf(string pod) => $"{RunRoot}/pods/default_{pod}";

    internal string DataOf(string pod) => $"{DataRoot}/pods/{OwnerOf(pod)}";

    /// <summary>The pod's name for what the host has once.</summary>
    internal string OwnerOf(string pod)
    {
        if (!owners.TryGetValue(pod, out var owner))
        {
            // As the pod itself says it, where it is there: the guest of the vm tier has not got what computes it.
            var data = Directory.Exists($"{DataRoot}/pods") ? Directory.GetDirectories($"{DataRoot}/pods") : [];
            owner = Path.GetFileName(Array.Find(data, folder => new FileInfo($"{folder}/run").LinkTarget == RunOf(pod))) ?? new PodFolders(new PodHost { RunRoot = RunRoot }, $"default_{pod}").Owner;
            owners[pod] = owner;
        }

        return owner;
    }

    /// <summary>The leases of the usual bridge's network.</summary>
    internal static string Network { get; } = HostState.NetworkOf(new NetworkConfiguration().Bridge);

    /// <summary>The leases of ranges of ids.</summary>
    internal static string Ids => $"{HostState.Folder}/ids";

    internal CommandResult Pod(string command, params string[] arguments) => PeapodCommand.Run(Arguments(command, arguments));

    /// <summary>As <see cref="Pod"/>, and it must succeed.</summary>
    internal string Done(string command, params string[] arguments)
    {
        var result = Pod(command, arguments);
        Assert.True(result.ExitCode == 0, $"pod {command} {string.Join(' ', arguments)}: {result.ExitCode} {result.Error}");
        return result.Output;
    }

    /// <summary>Starts a command and leaves it running.</summary>
    internal Process Begin(string command, params string[] arguments) => Process.Start(new ProcessStartInfo(PeapodCommand.Executable, Arguments(command, arguments))
    {
        RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    internal CommandResult Image(string command, params string[] arguments) => PeapodCommand.Run(["image", "--data-root", DataRoot, command, .. arguments]);

    internal string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Runs a pod made of a <c>spec</c>, indented by two.</summary>
    internal CommandResult RunSpec(string name, string spec) => Pod("run", "-f", Write($"{name}.yaml", Manifest(name, spec)));

    internal static string Manifest(string name, string spec) => $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n{spec}\n";

    internal JsonNode Inspect(string pod) => JsonNode.Parse(Done("inspect", pod))!;

    internal JsonNode Status(string pod) => Inspect(pod)["status"]!;

    internal JsonNode Container(string pod, int index = 0) => Status(pod)["containerStatuses"]![index]!;

    internal int Restarts(string pod, int index = 0) => (int)Container(pod, index)["restartCount"]!;

    /// <summary>How a container has ended, now or before its last start; null when it has not.</summary>
    internal JsonNode? Ended(string pod, int index = 0) => Container(pod, index)["state"]!["terminated"] ?? Container(pod, index)["lastState"]?["terminated"];

    internal int? ExitCode(string pod, int index = 0) => (int?)Ended(pod, index)?["exitCode"];

    /// <summary>The container's process on the host.</summary>
    internal int Pid(string pod, string container) => int.Parse(File.ReadAllText($"{RunOf(pod)}/containers/{container}/process").Split(' ')[0]);

    internal string Ip(string pod) => (string)Status(pod)["podIP"]!;

    internal static void Until(Func<bool> condition, string what, int seconds = 10) => Until(condition, () => what, seconds);

    internal static void Until(Func<bool> condition, Func<string> what, int seconds = 10)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed.TotalSeconds >= seconds)
            {
                Assert.Fail($"still not: {what()}");
            }

            Thread.Sleep(20);
        }
    }

    /// <summary>The process that supervises a pod now.</summary>
    internal int Supervisor(string pod) => int.Parse(File.ReadAllText($"{RunOf(pod)}/supervisor.lock"));

    internal int Sandbox(string pod) => int.Parse(File.ReadAllText($"{RunOf(pod)}/containers/sandbox/process").Split(' ')[0]);

    /// <summary>As <see cref="Pid"/>; null while it is being written.</summary>
    internal static int? TryPid(string run, string container)
    {
        try
        {
            return int.TryParse(File.ReadAllText($"{run}/containers/{container}/process").Split(' ')[0], out var pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Sends a message to a pod's control socket.</summary>
    /// <returns>The answer.</returns>
    internal static string Request(string run, string json)
    {
        using var socket = Peapod.Kernel.Sockets.UnixSocket.Connect($"{run}/control", Peapod.Kernel.Interop.Libc.SOCK_SEQPACKET);
        Peapod.Kernel.Sockets.UnixSocket.Send(socket, System.Text.Encoding.UTF8.GetBytes(json));
        var buffer = new byte[4096];
        return System.Text.Encoding.UTF8.GetString(buffer, 0, Peapod.Kernel.Sockets.UnixSocket.Receive(socket, buffer));
    }

    internal static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
        Until(() => !IsAlive(pid), $"process {pid} is gone");
    }

    internal static bool IsAlive(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }

    internal void AssertNothingLeft()
    {
        Until(() => Leftovers() == before, "nothing is left", 5);
        Assert.Equal(before, Leftovers());
        foreach (var folder in new[] { $"{RunRoot}/pods", $"{Network}/pods", $"{Network}/addresses", $"{Network}/ports", Ids, $"{DataRoot}/pods", $"{DataRoot}/images/leases" })
        {
            Assert.Empty(Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : []);
        }

        Assert.Empty(LoopDevices());
        traces.AssertSame();
    }

    /// <summary>The loop devices that are made of files of ours, by their names.</summary>
    internal List<string> LoopDevices()
    {
        var devices = new List<string>();
        foreach (var device in Directory.GetDirectories("/sys/block", "loop*"))
        {
            var file = $"{device}/loop/backing_file";
            if (File.Exists(file) && File.ReadAllText(file).StartsWith(DataRoot, StringComparison.Ordinal))
            {
                devices.Add(Path.GetFileName(device));
            }
        }

        return devices;
    }

    public void Dispose()
    {
        if (Directory.Exists($"{RunRoot}/pods"))
        {
            foreach (var folder in Directory.GetDirectories($"{RunRoot}/pods"))
            {
                Done("rm", "-f", Path.GetFileName(folder)["default_".Length..]);
            }
        }

        AssertNothingLeft();
        foreach (var kept in new[] { $"{DataRoot}/objects", $"{DataRoot}/claims" })
        {
            if (Directory.Exists(kept))
            {
                Directory.Delete(kept, recursive: true);
            }
        }

        Directory.Delete(Folder, recursive: true);
        RemoveHostState();
    }

    /// <summary>Of this network namespace, which is the tests' own, and the ids: what a boot of the host would empty.</summary>
    private static void RemoveHostState()
    {
        foreach (var folder in new[] { Path.GetDirectoryName(Network)!, Ids })
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private string[] Arguments(string command, string[] arguments) => ["pod", "--run-root", RunRoot, "--data-root", DataRoot, command, .. arguments];

    private static string Leftovers() => PeapodCommand.Start("nft", "list", "ruleset").Output + PeapodCommand.Start("ip", "-o", "link").Output;

    private static string LoadImage()
    {
        var folder = Directory.CreateTempSubdirectory("peapod-data-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var loaded = PeapodCommand.Run("image", "--data-root", folder, "load", Path.Combine(PeapodCommand.Out, "images", "busybox"));
        Assert.True(loaded.ExitCode == 0, loaded.Error);
        return folder;
    }
}
