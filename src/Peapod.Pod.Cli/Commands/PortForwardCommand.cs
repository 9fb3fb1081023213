using System.CommandLine;
using System.Net;
using Peapod.Container.State;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Cli.Forwarding;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Sandbox;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod port-forward</c>: ports of this host that lead into a pod while the command runs.</summary>
internal static class PortForwardCommand
{
    private const string Help = """
        forward ports of this host to a pod while the command runs

        A connection is made inside the pod: also what listens on the pod's 127.0.0.1 only is reached.

          peapod pod port-forward web 8080:80                       localhost:8080 to the pod's port 80
          peapod pod port-forward web :80                           a free port of localhost, which is printed
          peapod pod port-forward web 5432 --address 0.0.0.0        the same port, on all addresses of this host
        """;

    internal static Command Make()
    {
        var address = new Option<string[]>("--address")
        {
            Description = "where to listen: addresses or localhost, with commas or repeated", DefaultValueFactory = static _ => ["localhost"], HelpName = "ADDRESS",
        };
        var name = new Argument<string>("POD") { Description = "the pod's name", CompletionSources = { CompletionWords.Pods } };
        var ports = new Argument<string[]>("PORT") { Description = "[LOCAL:]REMOTE, REMOTE being a number or the name of a container's port", Arity = ArgumentArity.OneOrMore };
        var command = new Command("port-forward", Help) { address, name, ports };
        command.SetAction(parsed =>
        {
            var folders = HostOptions.FindSupervised(parsed, parsed.GetValue(name)!);
            var pod = PodView.ReadOnly(folders);
            var pairs = parsed.GetValue(ports)!.Select(text => PortPair.Parse(text, pod.Manifest)).ToList();
            return Run(pod, pairs, Addresses(parsed.GetValue(address)!));
        });
        return command;
    }

    private static int Run(PodView pod, List<PortPair> pairs, List<(IPAddress Address, bool IsOptional)> addresses)
    {
        var store = new ContainerStore(pod.Folders.Containers);
        var record = store.TryRead(SandboxSpec.Id);
        using var sandbox = record is null ? null : Container.Lifecycle.Container.Open(store, SandboxSpec.Id).OpenProcess();
        if (sandbox is null)
        {
            throw new PodException($"unable to forward port because pod is not running. Current status={pod.Status.Phase}");
        }

        using var ns = FileSystem.Open($"/proc/{record!.Pid}/ns/net", Libc.O_RDONLY);
        if (sandbox.WaitForExit(0))
        {
            throw new PodException("unable to forward port because pod is not running");
        }

        using var forwarder = new PortForwarder(ns, sandbox);
        foreach (var pair in pairs)
        {
            Listen(forwarder, pair, addresses);
        }

        forwarder.Run();
        Console.Error.WriteLine("error: lost connection to pod");
        return 1;
    }

    /// <summary>At all addresses the same port. localhost is what of its two addresses can be had, and one of them must.</summary>
    private static void Listen(PortForwarder forwarder, PortPair pair, List<(IPAddress Address, bool IsOptional)> addresses)
    {
        KernelException? failure = null;
        var listening = 0;
        foreach (var (address, isOptional) in addresses)
        {
            try
            {
                Console.WriteLine(forwarder.Listen(address, pair));
                pair = pair with { Local = forwarder.LastPort };
                listening++;
            }
            catch (KernelException e)
            {
                failure = isOptional ? e : throw Unable(address, pair, e);
            }
        }

        if (listening == 0)
        {
            throw Unable(addresses[0].Address, pair, failure!);
        }
    }

    private static PodException Unable(IPAddress address, PortPair pair, KernelException e) =>
        new($"unable to listen on {InternetSocket.Text(address, pair.Local)}: {KernelException.Describe(e.Error)}", e);

    private static List<(IPAddress Address, bool IsOptional)> Addresses(string[] given)
    {
        var addresses = new List<(IPAddress, bool)>();
        foreach (var text in given.SelectMany(static list => list.Split(',')))
        {
            if (text == "localhost")
            {
                addresses.AddRange([(IPAddress.Loopback, true), (IPAddress.IPv6Loopback, true)]);
            }
            else
            {
                addresses.Add((IPAddress.TryParse(text, out var address) ? address : throw new PodException($"--address \"{text}\": neither an IP address nor localhost"), false));
            }
        }

        return addresses;
    }
}
