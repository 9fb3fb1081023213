using System.Net;
using Microsoft.Extensions.Logging;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Pod.Objects;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>Begins what the probes and hooks of one container do.</summary>
internal sealed class Attempts(PodContext context)
{
    internal ILogger Log => context.Log;

    /// <summary>Asks a probe's question once.</summary>
    internal Attempt Begin(ContainerSpec container, Probe probe) => Guarded(() => probe switch
    {
        { Exec: { } exec } => Exec(container, exec),
        { HttpGet: { } http } => Http(container, http),
        { TcpSocket: { } tcp } => new TcpAttempt(AddressOf(tcp.Host), PortOf(container, tcp.Port)),
        { Grpc: { } grpc } => new GrpcAttempt(AddressOf(null), grpc.Port, grpc.Service),
        _ => new FailedAttempt("missing probe handler"),
    });

    /// <summary>Does a hook.</summary>
    internal Attempt Begin(ContainerSpec container, LifecycleHandler hook, long now) => Guarded(() => hook switch
    {
        { Exec: { } exec } => Exec(container, exec),
        { HttpGet: { } http } => Http(container, http),
        { Sleep: { } sleep } => new SleepAttempt(now + (1000 * Math.Min(int.MaxValue, sleep.Seconds))),
        _ => new FailedAttempt("invalid handler: a hook's tcpSocket does nothing"),
    });

    private Attempt Exec(ContainerSpec container, ExecAction exec) => ExecAttempt.Begin(context, container.Name, exec.Command);

    private HttpAttempt Http(ContainerSpec container, HttpGetAction http)
    {
        HttpRequest.Check(http);
        var address = AddressOf(http.Host);
        return new HttpAttempt(address, string.IsNullOrEmpty(http.Host) ? address.ToString() : http.Host, PortOf(container, http.Port), http);
    }

    /// <summary>A port by its number, or by the name that the container's <c>ports</c> give it.</summary>
    internal static int PortOf(ContainerSpec container, PortReference reference)
    {
        if (reference.Name is not { } name)
        {
            return reference.Number;
        }

        foreach (var port in container.Ports)
        {
            if (port.Name == name)
            {
                return port.Number;
            }
        }

        throw new PodException($"couldn't find port: container \"{container.Name}\" has no port named \"{name}\"");
    }

    /// <summary>The pod's own, or that of a host that was given: an address, or a name of the host's /etc/hosts.</summary>
    private IPAddress AddressOf(string? host)
    {
        if (string.IsNullOrEmpty(host))
        {
            return context.Addresses.Count > 0 ? context.Addresses[0] : throw new PodException("the pod has no address");
        }

        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return address;
        }

        return HostsEntry(host, FileSystem.TryReadText("/etc/hosts") ?? "") ?? throw new PodException($"lookup {host}: no such host: it is no address, and not in /etc/hosts");
    }

    /// <summary>The address of a name in a hosts(5) file.</summary>
    internal static IPAddress? HostsEntry(string name, string hosts)
    {
        foreach (var line in hosts.Split('\n'))
        {
            var words = line.Split('#')[0].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            for (var i = 1; i < words.Length; i++)
            {
                if (string.Equals(words[i], name, StringComparison.OrdinalIgnoreCase) && IPAddress.TryParse(words[0], out var address))
                {
                    return address;
                }
            }
        }

        return null;
    }

    private static Attempt Guarded(Func<Attempt> begin)
    {
        try
        {
            return begin();
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            return new FailedAttempt(e is KernelException kernel ? KernelException.Describe(kernel.Error) : e.Message);
        }
    }
}
