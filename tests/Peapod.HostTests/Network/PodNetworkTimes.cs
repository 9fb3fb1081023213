using System.Diagnostics;
using Peapod.Network;
using Xunit.Abstractions;

namespace Peapod.HostTests.Network;

/// <summary>Prints what attaching and detaching takes; the bounds are loose, for the machine may be busy.</summary>
[Collection("network")]
public sealed class PodNetworkTimes(ITestOutputHelper output)
{
    [SkippableFact]
    public void Attaching_the_hundredth_pod_takes_what_the_second_did()
    {
        const int count = 100;
        using var host = new TestHost();
        host.NewOutside();
        var attach = new double[count];
        var detach = new double[count];
        var namespaces = Enumerable.Range(0, count).Select(_ => host.NewNamespace()).ToArray();
        for (var i = 0; i < count; i++)
        {
            // Half of the pods have a host port.
            PortMapping[] ports = i % 2 == 0 ? [] : [new(PortProtocol.Tcp, 10000 + i, 80)];
            attach[i] = Measure(host, () => host.Network.Attach($"pod{i}", namespaces[i].Descriptor, ports));
        }

        for (var i = 0; i < count; i++)
        {
            detach[i] = Measure(host, () => host.Network.Detach($"pod{i}"));
        }

        var removeAll = Measure(host, () => host.Network.RemoveAllIfUnused());
        output.WriteLine($"attach: first (with bridge, table and JIT) {attach[0]:F2} ms, median of 2nd to 20th {Median(attach[1..20]):F2}, of 81st to 100th {Median(attach[80..]):F2}");
        output.WriteLine($"attach: without port {Median(attach.Where((_, i) => i > 1 && i % 2 == 0)):F2}, with a port {Median(attach.Where((_, i) => i > 1 && i % 2 == 1)):F2}");
        output.WriteLine($"detach: without port {Median(detach.Where((_, i) => i > 1 && i % 2 == 0)):F3}, with a port {Median(detach.Where((_, i) => i > 1 && i % 2 == 1)):F3}");
        output.WriteLine($"removing bridge (100 ports still on it) and table: {removeAll:F1} ms");

        var last = host.NewNamespace();
        var again = Measure(host, () => host.Network.Attach("again", last.Descriptor, []));
        output.WriteLine($"attach: first, warm code, with bridge and table: {again:F2} ms");
        for (var i = 0; i < 5; i++)
        {
            host.Host.Run(() => host.Network.RemoveLink("again"));
            host.Host.Run(() => host.Network.Detach("again"));
            host.Host.Run(() => host.Network.RemoveAllIfUnused());
            var steps = new List<(string, double)>();
            var watch = Stopwatch.StartNew();
            host.Network.BeforeStep = step => steps.Add(($"{step}", watch.Elapsed.TotalMilliseconds));
            host.Host.Run(() =>
            {
                watch.Restart();
                return host.Network.Attach("again", last.Descriptor, [new(PortProtocol.Tcp, 80, 80)]);
            });
            host.Network.BeforeStep = null;
            output.WriteLine("first, step begins at: " + string.Join(", ", steps.Select(step => $"{step.Item1} {step.Item2:F2}")));
        }

        Assert.True(Median(attach[80..]) < 50, $"attaching takes {Median(attach[80..])} ms");
    }

    private static double Measure(TestHost host, Action action) => host.Host.Run(() =>
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalMilliseconds;
    });

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
