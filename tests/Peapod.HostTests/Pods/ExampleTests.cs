using System.Globalization;
using System.Text.RegularExpressions;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>The manifests of examples/, each run as it stands, and seen to do what its comment says.</summary>
public sealed class ExampleTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    [Field("apiVersion", "kind", "metadata.name", "spec.containers[].name", "spec.containers[].image", "spec.containers[].command", "spec.containers[].args", "spec.containers[].volumeMounts[].name", "spec.containers[].volumeMounts[].mountPath", "spec.volumes[].name", "spec.volumes[].emptyDir")]
    public void The_example_pod_serves_what_its_other_container_writes()
    {
        Assert.Equal("pod/example-pod created\n", bed.Done("run", "-f", Example("example-pod.yaml")));

        var rows = bed.Done("ps", "-o", "wide").Split('\n');
        Assert.Matches("^NAME +READY   STATUS    RESTARTS   AGE   IP +NODE$", rows[0]);
        Assert.Matches($"^example-pod   2/2     Running   0          [0-9]+s    10\\.85\\.0\\.[0-9]+   {Environment.MachineName}$", rows[1]);
        var first = Page();
        PodBed.Until(() => Page() != first, "the page changed");
        Assert.Equal("pod \"example-pod\" stopped\n", bed.Done("stop", "-t", "0", "example-pod"));
        Assert.Matches("example-pod   0/2     Error", bed.Done("ps"));
        Assert.Equal("pod \"example-pod\" deleted\n", bed.Done("rm", "example-pod"));
        bed.AssertNothingLeft();

        string Page()
        {
            // While the page is written anew it is empty.
            var read = bed.Pod("run", "--rm", "--image", "localhost/busybox", "reader", "--", "sh", "-c",
                $"for try in 1 2 3 4 5 6 7 8 9; do page=$(wget -qO- http://{bed.Ip("example-pod")}:8080/ 2>/dev/null) && [ -n \"$page\" ] && echo \"$page\" && exit; sleep 0.2; done; exit 1");
            Assert.Equal(0, read.ExitCode);
            Assert.True(DateTime.TryParseExact(read.Output.Replace("  ", " ").Trim(), "ddd MMM d HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), read.Output);
            return read.Output;
        }
    }

    [SkippableFact]
    public void Shared_memory_semaphores_and_ports_are_found_by_the_pods_other_container_and_by_no_other_pod()
    {
        ToolsImage.Needed(bed);
        bed.Done("run", "-f", Example("shared-memory.yaml"));
        PodBed.Until(() => Read("socat - TCP:127.0.0.1:9000") == "from-writer\n", "the writer answers");

        Assert.Equal("hello\n", Read("cat /dev/shm/greeting"));
        var made = Regex.Matches(bed.Done("logs", "-c", "writer", "shared-memory"), "(Semaphore|Shared memory) id: ([0-9]+)").Select(static match => match.Groups[2].Value).ToList();
        Assert.Equal(2, made.Count);
        Assert.Equal($"{made[0]} 1\n{made[1]} 4096\n", Read("for kind in s m; do ipcs -$kind | awk '/^0x/ { print $2, $5 }'; done"));

        var stranger = bed.Done("run", "--rm", "--image", "localhost/tools", "stranger", "--", "bash", "-c", """
            ls -A /dev/shm
            ipcs -s -m | grep -c ^0x
            socat - TCP:127.0.0.1:9000 2>&1 | grep -o 'Connection refused$' | head -n 1
            """);
        Assert.Equal("0\nConnection refused\n", stranger);

        string Read(string script) => bed.Pod("exec", "-c", "reader", "shared-memory", "--", "bash", "-c", script).Output;
    }

    [SkippableFact]
    [Field("spec.containers[].ports[].hostPort", "spec.containers[].workingDir", "spec.volumes[].configMap", "spec.volumes[].secret")]
    public void The_reverse_proxy_alone_is_reached_and_shows_the_applications_page_over_tls()
    {
        ToolsImage.Needed(bed);
        var (certificate, key) = (Path.Combine(bed.Folder, "proxy.crt"), Path.Combine(bed.Folder, "proxy.key"));
        Succeeds("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate);
        var objects = File.ReadAllText(Example("reverse-proxy-objects.yaml"));
        objects = objects.Replace("\"CERTIFICATE\"", Convert.ToBase64String(File.ReadAllBytes(certificate)), StringComparison.Ordinal);
        objects = objects.Replace("\"PRIVATE-KEY\"", Convert.ToBase64String(File.ReadAllBytes(key)), StringComparison.Ordinal);

        Assert.Equal(
            "configmap/proxy-conf created\nsecret/proxy-tls created\npod/proxied-app created\n",
            bed.Done("run", "-f", bed.Write("objects.yaml", objects), "-f", Example("reverse-proxy.yaml")));

        PodBed.Until(() => Get("https://localhost:8443/", certificate).Output.Contains("<title>Peapod</title>", StringComparison.Ordinal), "the application's page is seen");
        Assert.Equal(60, Get("https://127.0.0.1:8443/", certificate).ExitCode); // curl: not the certificate of that name
        Assert.Equal("400 root /etc/tls/tls.crt\n400 root /etc/tls/tls.key\n", bed.Done("exec", "-c", "proxy", "proxied-app", "--", "stat", "-L", "-c", "%a %U %n", "/etc/tls/tls.crt", "/etc/tls/tls.key"));
        Assert.NotEqual(0, bed.Pod("exec", "-c", "proxy", "proxied-app", "--", "sh", "-c", "echo x >/etc/tls/tls.key").ExitCode);
        var ip = bed.Ip("proxied-app");
        Assert.Equal(
            "7\n0\n", // curl: could not connect; connected
            bed.Done("run", "--rm", "--image", "localhost/tools", "stranger", "--", "bash", "-c", $"curl -s -o /dev/null http://{ip}:3000/; echo $?; curl -sk -o /dev/null https://{ip}/; echo $?"));
        Assert.Equal(0, bed.Restarts("proxied-app") + bed.Restarts("proxied-app", 1));
    }

    [SkippableFact]
    [Field("spec.initContainers", "spec.volumes[].hostPath", "spec.containers[].readinessProbe.httpGet")]
    public void A_commit_is_on_the_static_sites_page_within_seconds_and_nothing_restarts()
    {
        ToolsImage.Needed(bed);
        var origin = Directory.CreateDirectory(Path.Combine(bed.Folder, "origin")).FullName;
        Succeeds("git", "init", "-q", origin);
        Commit("# Hello");
        var manifest = File.ReadAllText(Example("static-site.yaml"));
        Assert.Contains("path: /tmp/site-origin,", manifest, StringComparison.Ordinal);
        bed.Done("run", "-f", bed.Write("static-site.yaml", manifest.Replace("path: /tmp/site-origin,", $"path: {origin},", StringComparison.Ordinal)));

        Assert.Equal("pod/static-site condition met\n", bed.Done("wait", "--for=condition=Ready", "--timeout=20s", "static-site"));
        PodBed.Until(() => Get("http://localhost:8081/").Output == Page("# Hello"), "the page is the repository's");
        Commit("# Changed");
        PodBed.Until(() => Get("http://localhost:8081/").Output == Page("# Changed"), "the page follows the repository", seconds: 20);

        Assert.Matches(@"static-site   3/3     Running   0  ", bed.Done("ps"));
        Assert.Equal("tmpfs\n", bed.Done("exec", "-c", "web", "static-site", "--", "stat", "-f", "-c", "%T", "/site"));
        Assert.Equal("Cloning into '/source/site'...\n", bed.Done("logs", "-c", "clone", "static-site"));
        bed.Done("delete", "--now", "static-site");

        static string Page(string text) => $"<html><body><pre>\n{text}\n</pre></body></html>\n";

        void Commit(string text)
        {
            File.WriteAllText(Path.Combine(origin, "index.md"), text + "\n");
            Succeeds("git", "-C", origin, "add", "index.md");
            Succeeds("git", "-C", origin, "-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", text);
        }
    }

    [SkippableFact]
    [Field("spec.restartPolicy")]
    public void A_killed_collector_is_started_again_and_what_the_scraper_was_told_is_taken_is_not_lost()
    {
        ToolsImage.Needed(bed);
        bed.Done("run", "-f", Example("unix-socket.yaml"));
        PodBed.Until(() => Records().Count > 3, "records arrive");
        var scraper = bed.Pid("scrape-and-collect", "scraper");

        PodBed.Kill(bed.Pid("scrape-and-collect", "collector"));

        PodBed.Until(() => bed.Restarts("scrape-and-collect") == 1, "the collector is started again");
        Assert.Matches(@"scrape-and-collect   2/2     Running   1 \([0-9]+s ago\)  ", bed.Done("ps"));
        var before = Records().Count;
        PodBed.Until(() => Records().Count > before + 3, "records arrive again");
        Assert.Equal((scraper, 0), (bed.Pid("scrape-and-collect", "scraper"), bed.Restarts("scrape-and-collect", 1)));

        // One that was on its way may have come twice: taken, and not told so.
        var records = Records().Distinct().ToList();
        Assert.Equal(Enumerable.Range(0, records.Count).Select(static number => $"record-{number}"), records);

        List<string> Records() => [.. bed.Pod("exec", "-c", "collector", "scrape-and-collect", "--", "cat", "/data/records").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    [Fact]
    [Field(
        "spec.containers[].env[].valueFrom.fieldRef", "spec.containers[].env[].valueFrom.resourceFieldRef", "spec.containers[].env[].value",
        "spec.volumes[].downwardAPI")]
    public void A_container_is_told_about_its_pod_its_node_and_itself()
    {
        bed.Done("run", "-f", Example("environment.yaml"));
        try
        {
            var node = File.ReadAllText("/proc/sys/kernel/hostname").Trim();
            PodBed.Until(() => Logs().Contains("labels ->", StringComparison.Ordinal), "the container has told what it was told");
            var lines = Logs().Split('\n');
            var manifest = System.Text.Json.Nodes.JsonNode.Parse(bed.Done("inspect", "-n", "demo", "told"))!;
            foreach (var line in new[]
            {
                "WRITTEN=by hand", "GREETING=by hand on $(NODE_NAME)", "POD_NAME=told", "POD_NAMESPACE=demo", $"NODE_NAME={node}", "TIER=backend", "CPU_MILLI=100",
                $"POD_UID={manifest["metadata"]!["uid"]}", $"POD_IP={manifest["status"]!["podIP"]}",
            })
            {
                Assert.Contains(line, lines);
            }

            // Neither ends with a line end.
            Assert.Equal("tier=\"backend\"", bed.Done("exec", "-n", "demo", "told", "--", "cat", "/etc/podinfo/labels"));
            Assert.Equal("build=\"42\"", bed.Done("exec", "-n", "demo", "told", "--", "cat", "/etc/podinfo/annotations"));
            Assert.Contains(lines, static line => line.Contains("labels -> ..data/labels", StringComparison.Ordinal));
        }
        finally
        {
            bed.Done("rm", "-n", "demo", "-f", "told");
        }

        string Logs() => bed.Done("logs", "-n", "demo", "told");
    }

    private static string Example(string name) => Path.GetFullPath(Path.Combine(PeapodCommand.Out, "..", "examples", name));

    private static CommandResult Get(string url, string? certificate = null) =>
        PeapodCommand.Start("curl", ["-sS", "--max-time", "5", .. certificate is null ? (string[])[] : ["--cacert", certificate], url]);

    private static void Succeeds(string program, params string[] arguments)
    {
        var result = PeapodCommand.Start(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program}: {result.Error}");
    }
}
