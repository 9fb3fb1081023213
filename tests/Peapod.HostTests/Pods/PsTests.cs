using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>`pod ps`, `pod get` and `pod inspect`: the shape of what they print.</summary>
public sealed class PsTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string name, string metadata, string space = "default") => Assert.Equal(0, bed.Pod("run", "-f", bed.Write($"{name}.yaml", $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: {{space}}, {{metadata}}}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - {name: a, image: localhost/busybox, command: [sleep, "100"]}
        """)).ExitCode);

    private static string[] Lines(string text) => text.TrimEnd('\n').Split('\n');

    [Fact]
    public void The_table_has_kubectls_columns()
    {
        Run("one", "labels: {app: web, tier: front}");
        Run("two", "labels: {app: db}");

        var rows = Lines(bed.Done("ps"));
        Assert.Equal("NAME   READY   STATUS    RESTARTS   AGE", rows[0]);
        Assert.Matches("^one    1/1     Running   0          [0-9]+s$", rows[1]);
        Assert.Equal(3, rows.Length);
        Assert.Matches("^NAME   READY   STATUS    RESTARTS   AGE +LABELS\none    1/1     Running   0          [0-9]+s    app=web,tier=front\n", bed.Done("ps", "--show-labels"));
        Assert.Matches("^one   1/1   Running   0     [0-9]+s\n$", bed.Done("ps", "--no-headers", "-l", "app in (web)"));
        Assert.Equal("pod/one\npod/two\n", bed.Done("ps", "-o", "name"));
        Assert.Equal("two\n", bed.Done("ps", "-q", "-l", "app=db"));
        Assert.Equal("two\n", bed.Done("ps", "-q", "two"));
        Assert.Equal("Running Running", bed.Done("ps", "-o", "jsonpath={.items[*].status.phase}"));
    }

    [Fact]
    public void Namespaces_are_apart_and_can_be_listed_together()
    {
        Run("one", "labels: {}");
        Run("other", "labels: {}", "blue");
        try
        {
            Assert.Equal("one\n", bed.Done("ps", "-q"));
            Assert.Equal("other\n", bed.Done("ps", "-q", "-n", "blue"));
            Assert.Matches("^NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE\nblue        other   1/1     Running   0          [0-9]+s\ndefault     one     1/1     Running   0          [0-9]+s\n$", bed.Done("ps", "-A"));
            Assert.Equal("No resources found in red namespace.\n", bed.Pod("ps", "-n", "red").Error);
        }
        finally
        {
            bed.Done("rm", "-n", "blue", "-f", "other");
        }
    }

    [Fact]
    public void Nothing_at_all_is_said_in_kubectls_words()
    {
        Assert.Equal(("", "No resources found in default namespace.\n", 0), (bed.Pod("ps").Output, bed.Pod("ps").Error, bed.Pod("ps").ExitCode));
        Assert.Equal("No resources found\n", bed.Pod("ps", "-A").Error);
        Assert.Equal(("peapod: pods \"nobody\" not found\n", 1), (bed.Pod("ps", "nobody").Error, bed.Pod("ps", "nobody").ExitCode));
    }

    [Fact]
    public void Json_is_a_list_or_the_one_that_was_asked_for()
    {
        Run("one", "labels: {app: web}");

        var list = JsonNode.Parse(bed.Done("ps", "-o", "json"))!;
        Assert.Equal(("List", "one"), ((string)list["kind"]!, (string)list["items"]![0]!["metadata"]!["name"]!));
        var pod = JsonNode.Parse(bed.Done("ps", "one", "-o", "json"))!;
        Assert.Equal(("Pod", "Running", "BestEffort"), ((string)pod["kind"]!, (string)pod["status"]!["phase"]!, (string)pod["status"]!["qosClass"]!));
        Assert.True(Guid.TryParse((string)pod["metadata"]!["uid"]!, out _));
    }

    [Fact]
    public void What_is_printed_as_yaml_can_be_run_again()
    {
        Run("one", "labels: {app: web}, annotations: {note: 'true', long: \"a: b\\nc\\n\"}");
        var yaml = bed.Done("inspect", "one", "-o", "yaml");
        bed.Done("rm", "-f", "one");

        var again = bed.Pod("run", "-f", bed.Write("again.yaml", yaml));

        Assert.Equal(("pod/one created\n", ""), (again.Output, again.Error));
        Assert.Equal(("true", "a: b\nc\n"), ((string)bed.Inspect("one")["metadata"]!["annotations"]!["note"]!, (string)bed.Inspect("one")["metadata"]!["annotations"]!["long"]!));
    }

    [Fact]
    public void Watching_prints_a_line_for_each_change()
    {
        using var watch = bed.Begin("ps", "-w");
        try
        {
            Run("seen", "labels: {}");

            Assert.Equal("NAME   READY   STATUS    RESTARTS   AGE", watch.StandardOutput.ReadLine());
            var line = watch.StandardOutput.ReadLine()!;
            while (!line.Contains("Running"))
            {
                line = watch.StandardOutput.ReadLine()!;
            }

            Assert.Matches("^seen   1/1     Running   0          [0-9]+s$", line);
            bed.Done("stop", "-t", "0", "seen");
            while (!line.Contains("Error"))
            {
                line = watch.StandardOutput.ReadLine()!;
            }

            Assert.Matches("^seen   0/1     Error ", line);
        }
        finally
        {
            watch.Kill();
        }
    }

    [Fact]
    public void Get_pods_is_ps()
    {
        Run("one", "labels: {app: web}");

        Assert.Equal(bed.Done("ps", "-o", "wide"), bed.Done("get", "pods", "-o", "wide"));
        Assert.Equal(bed.Done("ps", "--show-labels", "one"), bed.Done("get", "pod/one", "--show-labels"));
        Assert.Equal(bed.Done("ps", "-o", "name"), bed.Done("get", "po", "-o", "name", "-l", "app=web"));
        Assert.Equal("peapod: pods \"nobody\" not found\n", bed.Pod("get", "pod", "nobody").Error);
        using var watch = bed.Begin("get", "pods", "-w", "--no-headers");
        Assert.Matches("^one   1/1 +Running", watch.StandardOutput.ReadLine());
        watch.Kill();
    }

    [Fact]
    public void One_that_is_being_made_is_not_unknown()
    {
        using var watch = bed.Begin("ps", "-w");
        try
        {
            for (var i = 0; i < 10; i++)
            {
                Run($"quick{i}", "labels: {}");
            }

            for (var running = 0; running < 10;)
            {
                var line = watch.StandardOutput.ReadLine()!;
                Assert.DoesNotContain("Unknown", line, StringComparison.OrdinalIgnoreCase);
                running += line.Contains("Running", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        finally
        {
            watch.Kill();
        }
    }

    [Fact]
    public void Objects_are_listed_by_kind()
    {
        var file = bed.Write("objects.yaml", """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings, labels: {app: web}}
            data: {a: "1", b: "2"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: key}
            stringData: {password: word}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """);
        try
        {
            Assert.Equal("configmap/settings created\nsecret/key created\npersistentvolumeclaim/data created\n", bed.Done("apply", "-f", file));

            Assert.Matches("^NAME       DATA   AGE\nsettings   2      [0-9]+s\n$", bed.Done("get", "configmaps"));
            Assert.Matches("^NAME   TYPE     DATA   AGE\nkey    Opaque   1      [0-9]+s\n$", bed.Done("get", "secrets"));
            Assert.Matches("^NAME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE\ndata   1Gi        RWO                           [0-9]+s\n$", bed.Done("get", "pvc"));
            Assert.Matches("^NAME                 DATA   AGE\nconfigmap/settings   2      [0-9]+s\n\nNAME         TYPE     DATA   AGE\nsecret/key   Opaque   1      [0-9]+s\n$", bed.Done("get", "cm,secrets"));
            Assert.Matches("^settings   2 +[0-9]+s +app=web\n$", bed.Done("get", "cm", "--show-labels", "--no-headers"));
            var uid = bed.Done("get", "cm", "settings", "-o", "jsonpath={.metadata.uid}");
            Assert.True(Guid.TryParse(uid, out _), uid);
            Assert.StartsWith("configmap/settings unchanged\n", bed.Done("apply", "-f", file));
            Assert.Equal(uid, bed.Done("get", "cm", "settings", "-o", "jsonpath={.metadata.uid}"));
            Assert.Equal("configmap/settings\n", bed.Done("get", "cm", "-l", "app=web", "-o", "name"));
            Assert.Equal("d29yZA==", bed.Done("get", "secret", "key", "-o", "jsonpath={.data.password}"));
            Assert.Contains("kind: ConfigMap\n", bed.Done("get", "configmap/settings", "-o", "yaml"));
            Assert.Equal("peapod: secrets \"none\" not found\n", bed.Pod("get", "secret", "none").Error);
            Assert.StartsWith("peapod: the server doesn't have a resource type \"services\"\n", bed.Pod("get", "services").Error);
            Assert.Equal("peapod: events are listed by \"peapod pod events\"\n", bed.Pod("get", "events").Error);
            Assert.Equal("peapod: -w: only pods can be watched\n", bed.Pod("get", "cm", "-w").Error);
        }
        finally
        {
            Assert.Equal("configmap \"settings\" deleted\nsecret \"key\" deleted\npersistentvolumeclaim \"data\" deleted\n", bed.Done("delete", "-f", file));
        }

        Assert.Equal("No resources found in default namespace.\n", bed.Pod("get", "configmaps").Error);
    }

    [Fact]
    public void An_unknown_format_or_selector_names_its_flag()
    {
        Assert.Equal("peapod: -o xml: unknown format\n  expected wide, name, json, yaml, jsonpath=TEMPLATE, custom-columns=COLUMNS or custom-columns-file=FILE\n", bed.Pod("ps", "-o", "xml").Error);
        Assert.StartsWith("peapod: -l \"a=b,\": ", bed.Pod("ps", "-l", "a=b,").Error);
    }
}
