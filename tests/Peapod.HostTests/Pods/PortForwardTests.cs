using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class PortForwardTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    /// <summary>A server on the pod's own loopback, which nobody outside can reach.</summary>
    private void Serve() => Assert.Equal(0, bed.RunSpec("web", """
          terminationGracePeriodSeconds: 0
          containers:
          - name: a
            image: localhost/busybox
            command: [sh, -c, "mkdir /w; head -c 3000000 /dev/zero | tr '\\0' x > /w/big; echo hello > /w/index.html; httpd -f -p 127.0.0.1:80 -h /w & while true; do nc -l -p 81 -e cat; done"]
            ports: [{name: http, containerPort: 80}]
        """).ExitCode);

    private static int Port(string line) => int.Parse(Regex.Match(line, @":(\d+) ->").Groups[1].Value);

    [Fact]
    public async Task What_listens_on_the_pods_loopback_is_reached()
    {
        Serve();
        using var forward = bed.Begin("port-forward", "web", ":http");
        try
        {
            var first = forward.StandardOutput.ReadLine()!;
            Assert.Matches("^Forwarding from 127\\.0\\.0\\.1:[0-9]+ -> 80$", first);
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port(first)}") };
            for (var attempt = 0; attempt < 200 && await Get(client, "/") != "hello\n"; attempt++)
            {
                await Task.Delay(20);
            }

            Assert.Equal(3_000_000, (await Get(client, "/big"))!.Length);
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Get(client, "/big"))), static text => Assert.Equal(3_000_000, text!.Length));
        }
        finally
        {
            forward.Kill();
        }

        Assert.Contains($"Handling connection for ", forward.StandardOutput.ReadToEnd());
    }

    private static async Task<string?> Get(HttpClient client, string path)
    {
        try
        {
            return await client.GetStringAsync(new Uri(path, UriKind.Relative));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    [Fact]
    public void A_connection_is_closed_on_each_side_as_on_the_other()
    {
        Serve();
        using var forward = bed.Begin("port-forward", "web", "0:81", "--address", "127.0.0.1");
        try
        {
            var port = Port(forward.StandardOutput.ReadLine()!);

            PodBed.Until(() => Echo(port) == "ping\n", "what is sent comes back, and then the end");
        }
        finally
        {
            forward.Kill();
        }
    }

    /// <summary>What comes back before the end; null while nobody listens yet.</summary>
    private static string? Echo(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            using var stream = client.GetStream();
            stream.Write("ping\n"u8);
            client.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return null;
        }
    }

    [Fact]
    public void Where_nothing_listens_the_connection_is_closed_and_the_command_goes_on()
    {
        Serve();
        using var forward = bed.Begin("port-forward", "web", ":9", "--address", "127.0.0.1");
        try
        {
            var port = Port(forward.StandardOutput.ReadLine()!);
            for (var i = 0; i < 2; i++)
            {
                using var client = new TcpClient();
                client.Connect(IPAddress.Loopback, port);
                Assert.Equal(0, client.GetStream().Read(new byte[1]));
                Assert.Equal($"peapod: forwarding {port} -> 9: nothing of the pod takes the connection: Connection refused", forward.StandardError.ReadLine());
            }
        }
        finally
        {
            forward.Kill();
        }
    }

    [Fact]
    public void The_command_ends_with_the_pod()
    {
        Serve();
        using var forward = bed.Begin("port-forward", "web", ":80");
        forward.StandardOutput.ReadLine();

        bed.Done("rm", "-f", "web");

        Assert.True(forward.WaitForExit(10_000));
        Assert.Equal((1, "error: lost connection to pod\n"), (forward.ExitCode, forward.StandardError.ReadToEnd()));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Serve();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        Assert.Equal($"peapod: unable to listen on 127.0.0.1:{port}: Address already in use\n", bed.Pod("port-forward", "web", $"{port}:80", "--address", "127.0.0.1").Error);
        Assert.Equal("peapod: port \"x\": is neither a number from 1 to 65535 nor the name of a container's port\n  expected [LOCAL:]REMOTE\n", bed.Pod("port-forward", "web", "x").Error);
        Assert.Equal("peapod: --address \"nowhere\": neither an IP address nor localhost\n", bed.Pod("port-forward", "web", "80", "--address", "nowhere").Error);
        bed.Done("stop", "-t", "0", "web");
        Assert.Equal("peapod: unable to forward port because pod is not running. Current status=Failed\n", bed.Pod("port-forward", "web", "80").Error);
    }
}
