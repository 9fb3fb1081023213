using System.Runtime.InteropServices;
using System.Text;
using Peapod.Container.Spawning;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Sockets;

namespace Peapod.Container.Diagnosis;

/// <summary>What is linked in, and what is called or talked to.</summary>
internal static unsafe partial class ToolProbes
{
    private const int CriuTimeout = 20_000;
    private const string Bus = "/run/dbus/system_bus_socket";

    internal static void Run(Findings findings)
    {
        findings.Ok("library", "libseccomp", $"{SupportedFeatures.LibseccompVersion}, linked in");
        findings.Ok("library", "nettle", $"{nettle_version_major()}.{nettle_version_minor()}, linked in");
        Criu(findings);
        Systemd(findings);
    }

    private static void Criu(Findings findings)
    {
        const string consequence = "containers cannot be checkpointed.";
        if (HostPaths.Program("criu") is not { } path)
        {
            findings.Missing("criu", "criu", "not found in PATH", consequence, "install criu, if checkpoints are wanted.");
            return;
        }

        findings.Probe("criu", "criu check", () => Check(path), consequence, "see what criu check --all lacks; it needs CAP_CHECKPOINT_RESTORE or root, and CONFIG_CHECKPOINT_RESTORE.");
    }

    private static string Check(string path)
    {
        using var output = SafeFd.Check(Libc.memfd_create("criu-check", Libc.MFD_CLOEXEC), "memfd_create");
        using var nothing = FileSystem.Open("/dev/null", Libc.O_RDWR);
        using var process = ChildProcess.Start(path, ["criu", "check"], [], new StandardStreams(nothing, output, output), cwd: null);
        if (!process.WaitForExit(CriuTimeout))
        {
            process.Signal(Kernel.Processes.Signals.SIGKILL);
            process.Wait();
            throw new ContainerException($"{path} check does not end");
        }

        var status = process.Wait();
        Libc.lseek(output.Number, 0, 0);
        var text = Encoding.UTF8.GetString(FileSystem.ReadAllBytes(output, "criu-check")).TrimEnd('\n');
        return status.Reported == 0 ? $"{path}: looks good" : throw new ContainerException($"{path}: {text.Split('\n')[0]}");
    }

    private static void Systemd(Findings findings)
    {
        const string consequence = "systemd cannot be asked for cgroups (--systemd-cgroup); those made directly serve as well.";
        if (FileSystem.TryStat("/run/systemd/system") is null)
        {
            findings.Missing("systemd", "D-Bus", "the host was not booted with systemd", consequence, "leave out --systemd-cgroup.");
            return;
        }

        string Connect()
        {
            using var socket = UnixSocket.Connect(Bus);
            return Bus;
        }

        findings.Probe("systemd", "D-Bus", Connect, consequence, "start dbus.socket.");
    }

    [LibraryImport("peapod-native")]
    private static partial int nettle_version_major();

    [LibraryImport("peapod-native")]
    private static partial int nettle_version_minor();
}
