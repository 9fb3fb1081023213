using Peapod.Network;
using Peapod.Pod.Objects;
using PortProtocol = Peapod.Pod.Objects.PortProtocol;

namespace Peapod.Pod.Manifest;

/// <summary>Ports of containers, and references to them.</summary>
internal sealed class PortRules(FieldErrors errors)
{
    /// <param name="ports">The ports of one container.</param>
    /// <param name="taken">Protocol, address and number of the host's ports that containers before this one have.</param>
    /// <param name="hostNetwork">Whether the pod has the host's network.</param>
    /// <param name="path">Where the ports stand.</param>
    public void Validate(IReadOnlyList<ContainerPort> ports, HashSet<string> taken, bool hostNetwork, string path)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            var at = SourceLines.Element(path, i);
            if (!string.IsNullOrEmpty(port.Name) && errors.Rule(port.Name, at + ".name", NameRules.PortName) && !names.Add(port.Name))
            {
                errors.Duplicate(at + ".name", port.Name);
            }

            if (port.Number == 0)
            {
                errors.Required(at + ".containerPort");
            }
            else
            {
                Number(port.Number, at + ".containerPort");
            }

            var address = string.IsNullOrEmpty(port.HostIP) ? null : NameRules.Address(port.HostIP);
            if (address is null)
            {
                errors.OptionalName(port.HostIP, at + ".hostIP", NameRules.IPAddress);
            }

            if (port.HostPort is not null && address is not null && !hostNetwork && PortMapping.WhyNot(address) is { } reason)
            {
                errors.Unable(at + ".hostIP", port.HostIP!, reason);
            }

            if (port.HostPort is { } hostPort)
            {
                var key = $"{Text(port.Protocol)}/{address}/{hostPort}";
                if (Number(hostPort, at + ".hostPort") && !taken.Add(key))
                {
                    errors.Duplicate(at + ".hostPort", key);
                }
                else if (hostNetwork && hostPort != port.Number)
                {
                    errors.Invalid(at + ".hostPort", hostPort, "must match `containerPort` when `hostNetwork` is true");
                }
            }
        }
    }

    /// <summary>A number, or a name that the container's ports may have.</summary>
    public void Reference(PortReference port, string path)
    {
        if (port.Name is null)
        {
            Number(port.Number, path);
        }
        else
        {
            errors.Rule(port.Name, path, NameRules.PortName);
        }
    }

    public bool Number(int port, string path) => errors.InRange(port, 1, 65535, path);

    private static string Text(PortProtocol? protocol) => protocol switch
    {
        PortProtocol.Udp => "UDP",
        PortProtocol.Sctp => "SCTP",
        _ => "TCP",
    };
}
