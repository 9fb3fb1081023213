namespace Peapod.UnitTests.Manifest.Rules;

public sealed class NetworkRulesTests
{
    private const string Label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    private const string Search = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
    private const string Address = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

    [Theory]
    [InlineData("subdomain: a.b", "subdomain: Invalid value: \"a.b\": " + Label)]
    [InlineData("hostAliases: [{hostnames: [a]}]", "hostAliases[0].ip: Invalid value: \"\": " + Address)]
    [InlineData("hostAliases: [{ip: 10.0.0, hostnames: [a]}]", "hostAliases[0].ip: Invalid value: \"10.0.0\": " + Address)]
    [InlineData("hostAliases: [{ip: 10.0.0.0256}]", "hostAliases[0].ip: Invalid value: \"10.0.0.0256\": " + Address)]
    [InlineData("hostAliases: [{ip: 'fe80::1%eth0'}]", "hostAliases[0].ip: Invalid value: \"fe80::1%eth0\": " + Address)]
    [InlineData("hostAliases: [{ip: '[::1]'}]", "hostAliases[0].ip: Invalid value: \"[::1]\": " + Address)]
    [InlineData("hostAliases: [{ip: 127.0.0.1, hostnames: [a, b_c]}]", "hostAliases[0].hostnames[1]: Invalid value: \"b_c\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")]
    [InlineData("dnsConfig: {nameservers: [a]}", "dnsConfig.nameservers[0]: Invalid value: \"a\": " + Address)]
    [InlineData("dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}", "dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\"]: must not have more than 3 nameservers")]
    [InlineData("dnsConfig: {searches: [a..b]}", "dnsConfig.searches[0]: Invalid value: \"a..b\": " + Search)]
    [InlineData("dnsConfig: {searches: [_]}", "dnsConfig.searches[0]: Invalid value: \"_\": " + Search)]
    [InlineData("dnsConfig: {options: [{value: a}]}", "dnsConfig.options[0]: Required value: must not be empty")]
    [InlineData("dnsConfig: {options: [{name: ndots, value: \"1\\nnameserver 6.6.6.6\"}]}", "dnsConfig.options[0]: \"ndots:1\\nnameserver 6.6.6.6\" is not supported here: an option in resolv.conf cannot contain whitespace")]
    public void A_name_or_address_that_breaks_a_rule_is_refused(string line, string error) => Manifests.AssertSpecError(line, error);

    [Fact]
    public void A_pod_without_any_nameserver_is_refused()
    {
        Assert.Equal(
            ["pod.yaml:4: spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
            Manifests.AllFieldErrors(Manifests.WithSpec("dnsPolicy: None\ncontainers: [{name: c, image: i}]")));
        Assert.Equal(
            ["pod.yaml:6: spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None"],
            Manifests.AllFieldErrors(Manifests.WithSpec("dnsPolicy: None\ndnsConfig: {searches: [a]}\ncontainers: [{name: c, image: i}]")));
    }

    [Fact]
    public void There_are_at_most_32_search_domains_of_2048_characters()
    {
        var many = string.Join(',', Enumerable.Repeat("a", 33));
        Assert.EndsWith(": must not have more than 32 search paths", Assert.Single(Manifests.AllFieldErrors(Manifests.WithSpec($"dnsConfig: {{searches: [{many}]}}\ncontainers: [{{name: c, image: i}}]"))), StringComparison.Ordinal);
        var label = new string('a', 60);
        var wide = string.Join(',', Enumerable.Repeat($"{label}.{label}.{label}", 12));
        Assert.EndsWith(": must not have more than 2048 characters (including spaces) in the search list", Assert.Single(Manifests.AllFieldErrors(Manifests.WithSpec($"dnsConfig: {{searches: [{wide}]}}\ncontainers: [{{name: c, image: i}}]"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Host_ports_are_container_ports_on_the_hosts_network()
    {
        var pod = Manifests.AllFields(Manifests.WithSpec("hostNetwork: true\ncontainers: [{name: c, image: i, ports: [{containerPort: 80}]}]")).Pods[0];
        Assert.Equal(80, pod.Spec.Containers[0].Ports[0].HostPort);
        Assert.Equal(
            ["pod.yaml:6: spec.containers[0].ports[0].hostPort: Invalid value: 8080: must match `containerPort` when `hostNetwork` is true"],
            Manifests.AllFieldErrors(Manifests.WithSpec("hostNetwork: true\ncontainers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 8080}]}]")));
    }

    [Fact]
    public void Names_and_addresses_within_the_rules_are_taken() =>
        Manifests.AllFields(Manifests.WithSpec("""
            hostname: web-1
            subdomain: web
            hostAliases: [{ip: "::1", hostnames: [a.b]}, {ip: 10.0.0.1}]
            dnsPolicy: None
            dnsConfig: {nameservers: [10.0.0.1, "2001:db8:0::1"], searches: [., a.b., _tcp.example.com], options: [{name: ndots, value: "2"}, {name: edns0}]}
            containers: [{name: c, image: i}]
            """));
}
