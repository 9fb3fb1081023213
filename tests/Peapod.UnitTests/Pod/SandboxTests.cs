using System.Net;
using Peapod.Pod;
using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Tests;

namespace Peapod.UnitTests.Pod;

public class SandboxTests
{
    private static readonly IPAddress[] Addresses = [IPAddress.Parse("10.85.0.7"), IPAddress.Parse("fd00::7")];

    [Fact]
    [Field("spec.hostAliases", "spec.subdomain")]
    public void Hosts_is_what_the_kubelet_writes()
    {
        var pod = new PodManifest
        {
            Metadata = new() { Name = "web", Namespace = "shop" },
            Spec = new() { Subdomain = "front", HostAliases = [new() { IP = "10.0.0.1", Hostnames = ["a", "b.example"] }] },
        };

        Assert.Equal(
            "# Written by Peapod.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
            + "10.85.0.7\tweb.front.shop.svc.cluster.local\tweb\nfd00::7\tweb.front.shop.svc.cluster.local\tweb\n\n# Entries added by HostAliases.\n10.0.0.1\ta\tb.example\n",
            HostsFile.Text(pod, Addresses, ""));
    }

    [Fact]
    public void With_the_hosts_network_hosts_is_the_hosts()
    {
        var pod = Pod(new() { HostNetwork = true, HostAliases = [new() { IP = "10.0.0.1", Hostnames = ["a"] }] });

        Assert.Equal("# Written by Peapod (host network).\n127.0.0.1 localhost\n\n# Entries added by HostAliases.\n10.0.0.1\ta\n", HostsFile.Text(pod, Addresses, "127.0.0.1 localhost\n"));
    }

    [Theory]
    [InlineData("p", null, null, null, "p", "p")]
    [InlineData("p", "h", null, true, "h", "h")]
    [InlineData("p", "h", "s", null, "h", "h")]
    [InlineData("p", "h", "s", true, "h", "h.s.default.svc.cluster.local")]
    [InlineData("a23456789a23456789a23456789a23456789a23456789a23456789a23456789a23-x.y", null, null, null, "a23456789a23456789a23456789a23456789a23456789a23456789a23456789", "a23456789a23456789a23456789a23456789a23456789a23456789a23456789")]
    [InlineData("a23456789a23456789a23456789a23456789a23456789a23456789a2345678-.b", null, null, null, "a23456789a23456789a23456789a23456789a23456789a23456789a2345678", "a23456789a23456789a23456789a23456789a23456789a23456789a2345678")]
    [Field("spec.hostname", "spec.setHostnameAsFQDN")]
    public void The_host_name_is_the_manifests_or_the_pods(string name, string? hostname, string? subdomain, bool? full, string expected, string kernel)
    {
        var pod = new PodManifest { Metadata = new() { Name = name, Namespace = "default" }, Spec = new() { Hostname = hostname, Subdomain = subdomain, SetHostnameAsFQDN = full } };

        Assert.Equal((expected, kernel), (PodHostname.Of(pod), PodHostname.OfKernel(pod)));
    }

    [Fact]
    public void A_full_name_longer_than_the_kernel_takes_is_refused()
    {
        var pod = Pod(new() { Hostname = new string('h', 40), Subdomain = "sub", SetHostnameAsFQDN = true });

        var error = Assert.Throws<PodException>(() => PodHostname.OfKernel(pod));

        Assert.Equal($"Failed to construct FQDN from pod hostname and cluster domain, FQDN {new string('h', 40)}.sub.default.svc.cluster.local is too long (64 characters is the max, 70 characters requested)", error.Message);
    }

    [Theory]
    [InlineData("ClusterFirst", "search corp\nnameserver 9.9.9.9\noptions ndots:2 rotate\n")]
    [InlineData("Default", "search corp\nnameserver 9.9.9.9\noptions ndots:2 rotate\n")]
    [InlineData("None", "")]
    [Field("spec.dnsPolicy")]
    public void Resolv_conf_is_the_hosts_without_what_only_the_host_reaches(string policy, string expected)
    {
        const string host = "# comment\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 9.9.9.9\ndomain old\nsearch corp\noptions ndots:2\noptions rotate\nsortlist 1.2.3.4\n";
        var spec = new PodSpec { DnsPolicy = Enum.Parse<DnsPolicy>(policy) };

        Assert.Equal(expected, ResolverFile.Text(spec, policy == "None" ? "" : host));
        Assert.StartsWith("search corp\nnameserver 127.0.0.53\nnameserver ::1\n", ResolverFile.Text(spec with { HostNetwork = true }, host), StringComparison.Ordinal);
    }

    [Fact]
    [Field("spec.dnsConfig")]
    public void DnsConfig_is_added_and_cut_to_what_resolvers_take()
    {
        var spec = new PodSpec
        {
            DnsConfig = new()
            {
                Nameservers = ["9.9.9.9", "1.1.1.1", "8.8.8.8", "8.8.4.4"],
                Searches = [.. Enumerable.Range(0, 40).Select(static number => $"d{number}")],
                Options = [new() { Name = "ndots", Value = "5" }, new() { Name = "edns0" }],
            },
        };

        Assert.Equal(
            $"search corp {string.Join(' ', Enumerable.Range(0, 31).Select(static number => $"d{number}"))}\nnameserver 9.9.9.9\nnameserver 1.1.1.1\nnameserver 8.8.8.8\noptions ndots:5 rotate edns0\n",
            ResolverFile.Text(spec, "nameserver 9.9.9.9\nsearch corp\noptions ndots:2 rotate\n"));
    }

    [Fact]
    public void Nothing_of_a_manifest_ends_a_line_of_a_generated_file()
    {
        var error = Assert.Throws<PodException>(() => ResolverFile.Text(new PodSpec { DnsConfig = new() { Options = [new() { Name = "ndots", Value = "5\nnameserver 6.6.6.6" }] } }, ""));
        Assert.Equal("spec.dnsConfig.options[0].value: \"5\\nnameserver 6.6.6.6\": may have no white space, control characters, '#' or ';'", error.Message);
        Assert.Throws<PodException>(() => ResolverFile.Text(new PodSpec { DnsConfig = new() { Searches = ["a b"] } }, ""));
        Assert.Throws<PodException>(() => HostsFile.Text(Pod(new() { HostAliases = [new() { IP = "1.2.3.4", Hostnames = ["x\n6.6.6.6\tbank"] }] }), Addresses, ""));
        Assert.Throws<PodException>(() => HostsFile.Text(Pod(new() { Subdomain = "x\r6.6.6.6\tbank" }), Addresses, ""));
        Assert.Throws<PodException>(() => HostsFile.Text(Pod(new() { Hostname = "x\0y" }), Addresses, ""));
    }

    [Theory]
    [InlineData("net.ipv4.tcp_syncookies", "0", "")]
    [InlineData("net/ipv4/ip_local_port_range", "1024 65000", "")]
    [InlineData("kernel.shm_rmid_forced", "1", "")]
    [InlineData("net.core.somaxconn", "1024", "forbidden sysctl: \"net.core.somaxconn\" not allowlisted\n  allow it with --allow-unsafe-sysctl net.core.somaxconn")]
    [InlineData("kernel.msgmax", "1", "")]
    [InlineData("kernel.sem", "1", "forbidden sysctl: \"kernel.sem\" not allowlisted\n  allow it with --allow-unsafe-sysctl kernel.sem")]
    [InlineData("kernel.core_pattern", "|/x", "forbidden sysctl: \"kernel.core_pattern\" not allowlisted\n  it is a parameter of the host, not of a pod's namespaces")]
    [InlineData("vm.swappiness", "1", "forbidden sysctl: \"vm.swappiness\" not allowlisted\n  it is a parameter of the host, not of a pod's namespaces")]
    [InlineData("kernel.shm_rmid_forced", "1+kernel.core_pattern=|/x", "securityContext.sysctls: \"kernel.shm_rmid_forced\": the value may not have a '+'")]
    [InlineData("kernel.shm_rmid_forced", "1\nx", "securityContext.sysctls: \"kernel.shm_rmid_forced\": the value may not have control characters")]
    [InlineData("kernel.shm_rmid_forced", "1\0", "securityContext.sysctls: \"kernel.shm_rmid_forced\": the value may not have control characters")]
    [InlineData("kernel.shm_rmid_forced", "", "securityContext.sysctls: \"kernel.shm_rmid_forced\": the value is empty")]
    [Field("spec.securityContext.sysctls")]
    public void Only_parameters_of_the_pods_namespaces_are_set_and_unsafe_ones_only_when_allowed(string name, string value, string error)
    {
        var pod = Pod(new() { SecurityContext = new() { Sysctls = [new() { Name = name, Value = value }] } });

        Assert.Equal(error, Message(() => PodSysctls.Of(pod, ["kernel.msg*", "kernel.core_pattern", "net.core.other"])));
    }

    [Fact]
    public void A_parameter_of_a_namespace_that_is_the_hosts_is_refused()
    {
        Assert.Equal("forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host Net enabled", Message(() => PodSysctls.Of(With("net.ipv4.tcp_syncookies", new() { HostNetwork = true }), [])));
        Assert.Equal("forbidden sysctl: \"kernel.shmmax\" not allowed with host IPC enabled", Message(() => PodSysctls.Of(With("kernel.shmmax", new() { HostIPC = true }), ["kernel.shm*"])));

        static PodManifest With(string name, PodSpec spec) => Pod(spec with { SecurityContext = new() { Sysctls = [new() { Name = name, Value = "1" }] } });
    }

    [Theory]
    [InlineData("kernel.msg*", true)]
    [InlineData("net.*", true)]
    [InlineData("fs.mqueue.msg_max", true)]
    [InlineData("kernel.*", false)]
    [InlineData("*", false)]
    [InlineData("vm.swappiness", false)]
    [InlineData("net.*.x*", false)]
    [InlineData("net.a\nkernel.x", false)]
    public void Only_parameters_of_a_pods_namespaces_can_be_allowed(string pattern, bool good)
    {
        Assert.Equal(good, Message(() => AllowedSysctls.Check([pattern])).Length == 0);
    }

    [Theory]
    [InlineData(false, false, "pid mount cgroup network uts ipc")]
    [InlineData(true, false, "pid mount cgroup ipc")]
    [InlineData(false, true, "pid mount cgroup network uts")]
    public void A_sandbox_has_no_namespace_that_the_pod_shares_with_the_host(bool network, bool ipc, string expected)
    {
        var spec = SandboxSpec.Create(Pod(new() { HostNetwork = network, HostIPC = ipc }), "/c", null, []);

        Assert.Equal(expected, string.Join(' ', spec.Linux!.Namespaces.Select(static space => space.Type)));
        Assert.Equal(network ? null : "p", spec.Hostname);
        Assert.Equal(ipc ? [] : ["/dev/shm"], spec.Mounts.Select(static mount => mount.Destination));
    }

    private static PodManifest Pod(PodSpec spec) => new() { Metadata = new() { Name = "p", Namespace = "default" }, Spec = spec };

    private static string Message(Action action) => Record.Exception(action) switch { null => "", PodException error => error.Message, var other => throw other };
}
