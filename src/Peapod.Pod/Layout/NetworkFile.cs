using System.Net;
using System.Text.Json.Serialization;
using Peapod.Network;

namespace Peapod.Pod.Layout;

/// <summary>The host's file that says what the pods' network is: all keys optional, none other known.</summary>
internal sealed record NetworkFile
{
    public string? Bridge { get; init; }

    /// <summary>As ADDRESS/LENGTH.</summary>
    public string? Ipv4Subnet { get; init; }

    /// <summary>As ADDRESS/64; empty for a network without IPv6.</summary>
    public string? Ipv6Subnet { get; init; }

    /// <summary>Bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>Name of the nftables table.</summary>
    public string? Table { get; init; }

    /// <param name="path">A file that is not there says nothing.</param>
    internal static NetworkConfiguration Read(string path)
    {
        var defaults = new NetworkConfiguration();
        return ConfigurationFile.TryRead(path, NetworkFileJson.Default.NetworkFile) is not { } file ? defaults : defaults with
        {
            Bridge = file.Bridge ?? defaults.Bridge,
            IPv4Subnet = file.Ipv4Subnet is null ? defaults.IPv4Subnet : Subnet(path, "ipv4Subnet", file.Ipv4Subnet),
            IPv6Subnet = file.Ipv6Subnet switch { null => defaults.IPv6Subnet, "" => null, var text => Subnet(path, "ipv6Subnet", text) },
            Mtu = file.Mtu,
            Table = file.Table ?? defaults.Table,
        };
    }

    private static IPNetwork Subnet(string path, string key, string text) =>
        IPNetwork.TryParse(text, out var subnet) ? subnet : throw new PodException($"{path}: {key}: \"{text}\" is not a subnet; expected ADDRESS/LENGTH with no bits set after the prefix");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(NetworkFile))]
internal sealed partial class NetworkFileJson : JsonSerializerContext;
