namespace Peapod.HostTests.Network;

/// <summary>Tests of the network run one after another: they measure times, and rtnetlink has one lock for the machine.</summary>
[CollectionDefinition("network", DisableParallelization = true)]
public sealed class NetworkCollection;
