using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary><c>pod diff</c>, <c>pod edit</c>, <c>--dry-run</c> and kubectl's ways to list.</summary>
public sealed class DiffAndEditTests : IDisposable
{
    private const string Spec = "  terminationGracePeriodSeconds: 0\n  containers: [{name: c, image: localhost/busybox, command: [sleep, '1000']}]";

    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private string Manifest(string name, string more = "") => bed.Write($"{name}.yaml", PodBed.Manifest(name, Spec + more));

    /// <summary>Runs a command with variables of its own.</summary>
    private CommandResult With(string variables, string command, params string[] arguments) => PeapodCommand.Start(
        "sh", ["-c", $"{variables} exec \"$@\"", "sh", PeapodCommand.Executable, "pod", "--run-root", bed.RunRoot, "--data-root", bed.DataRoot, command, .. arguments]);

    /// <summary>An editor that does with the file what sed does, and counts its calls.</summary>
    private string Editor(string sed)
    {
        var editor = bed.Write("editor", $"#!/bin/sh\necho >>{bed.Folder}/calls\ncp \"$1\" {bed.Folder}/shown\nsed -i {sed} \"$1\"\n");
        File.SetUnixFileMode(editor, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return $"KUBE_EDITOR={editor}";
    }

    private int Calls => File.ReadAllLines(Path.Combine(bed.Folder, "calls")).Length;

    [Fact]
    public void A_dry_run_tells_what_would_be_done_and_does_nothing()
    {
        var manifest = bed.Write("all.yaml", PodBed.Manifest("web", Spec) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: v}\n");

        Assert.Equal("configmap/m created (dry run)\npod/web created (dry run)\n", bed.Done("apply", "--dry-run=client", "-f", manifest));
        Assert.Equal("configmap/m created (server dry run)\npod/web created (server dry run)\n", bed.Done("apply", "--dry-run=server", "-f", manifest));
        Assert.Equal("", bed.Done("ps", "-q"));
        Assert.Equal(1, bed.Pod("get", "configmap", "m").ExitCode);

        bed.Done("apply", "-f", manifest);
        Assert.Equal("configmap/m unchanged (dry run)\npod/web unchanged (dry run)\n", bed.Done("apply", "--dry-run=client", "-f", manifest));
        Assert.Contains("Forbidden", bed.Pod("apply", "--dry-run=server", "-f", Manifest("web", "\n  hostNetwork: true")).Error);
        Assert.Equal("peapod: --dry-run=maybe: expected client, server or none\n", bed.Pod("apply", "--dry-run=maybe", "-f", manifest).Error);
    }

    [Fact]
    public void A_dry_run_against_the_host_tells_what_it_would_refuse()
    {
        var first = bed.Write("first.yaml", PodBed.Manifest("first", Spec.Replace("command", "ports: [{containerPort: 80, hostPort: 8098}], command")));
        var second = bed.Write("second.yaml", File.ReadAllText(first).Replace("first", "second"));
        bed.Done("run", "-f", first);

        Assert.Equal("pod/second created (dry run)\n", bed.Done("apply", "--dry-run=client", "-f", second));
        var refused = bed.Pod("apply", "--dry-run=server", "-f", second);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("hostPort 8098/tcp is taken by pod", refused.Error);
        Assert.Contains("nothing-there", bed.Pod("run", "--dry-run=server", "--image", "localhost/nothing-there", "x").Error);
    }

    [Fact]
    public void Run_prints_the_manifest_that_it_would_have_run()
    {
        var yaml = bed.Done("run", "--image", "localhost/busybox", "--dry-run=client", "-o", "yaml", "web", "--", "sleep", "1000");

        Assert.Equal("pod/web created\n", bed.Done("apply", "-f", bed.Write("made.yaml", yaml)));
    }

    [Fact]
    public void Diff_shows_what_apply_would_change_and_says_so_by_its_exit_code()
    {
        var manifest = Manifest("web");
        var created = bed.Pod("diff", "-f", manifest);
        Assert.Equal(1, created.ExitCode);
        Assert.Contains("+  name: web\n", created.Output);

        bed.Done("run", "-f", manifest);
        var same = bed.Pod("diff", "-f", manifest);
        Assert.Equal((0, "", ""), (same.ExitCode, same.Output, same.Error));

        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("localhost/busybox", "localhost/busybox:latest"));
        var other = bed.Pod("diff", "-f", manifest);
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("-    image: localhost/busybox\n+    image: localhost/busybox:latest\n", other.Output);

        var wrong = bed.Pod("diff", "-f", "/nowhere.yaml");
        Assert.Equal((2, "peapod: -f /nowhere.yaml: No such file or directory\n"), (wrong.ExitCode, wrong.Error));
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "peapod-diff-*"));
    }

    [Fact]
    public void Diff_masks_secrets_and_calls_the_program_of_the_variable()
    {
        bed.Done("create", "secret", "generic", "login", "--from-literal=password=geheim", "--from-literal=user=me");
        var manifest = bed.Write("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: other, user: me}\n");

        var shown = bed.Pod("diff", "-f", manifest);

        Assert.Equal(1, shown.ExitCode);
        Assert.Matches("\n-  password: ['\"]?\\*\\*\\* \\(before\\)['\"]?\n\\+  password: ['\"]?\\*\\*\\* \\(after\\)['\"]?\n", shown.Output);
        Assert.DoesNotContain("Z2VoZWlt", shown.Output);
        Assert.Matches("^--flag \\S+/LIVE \\S+/MERGED\n$", With("KUBECTL_EXTERNAL_DIFF='echo --flag'", "diff", "-f", manifest).Output);
    }

    [Fact]
    public void What_is_saved_in_the_editor_is_applied()
    {
        bed.Done("run", "-f", Manifest("web"));

        var edited = With(Editor("'s/^  name: web/  labels: {tier: front}\\n  name: web/'"), "edit", "web");

        Assert.Equal(("pod/web edited\n", ""), (edited.Output, edited.Error));
        Assert.Equal("front", (string)bed.Inspect("web")["metadata"]!["labels"]!["tier"]!);
        Assert.StartsWith("# Please edit the object below.", File.ReadAllText(Path.Combine(bed.Folder, "shown")));
        var unchanged = With(Editor("''"), "edit", "web");
        Assert.Equal((0, "Edit cancelled, no changes made.\n"), (unchanged.ExitCode, unchanged.Error));
    }

    [Fact]
    public void What_cannot_be_is_shown_again_with_the_reason()
    {
        bed.Done("run", "-f", Manifest("web"));

        var refused = With(Editor("'s/^  restartPolicy: Always/  restartPolicy: Never/'"), "edit", "web");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Edit cancelled, no valid changes were saved.", refused.Error);
        Assert.Equal(2, Calls);
        Assert.Contains("#   would change: spec.restartPolicy", File.ReadAllText(Path.Combine(bed.Folder, "shown")));
        var copy = refused.Error.Split("a copy of your changes is in ")[1].Trim();
        Assert.Contains("restartPolicy: Never", File.ReadAllText(copy));
        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
    }

    [Fact]
    public void Pods_are_listed_by_fields_in_an_order_and_in_columns_of_ones_own()
    {
        foreach (var name in new[] { "pod10", "pod2", "other" })
        {
            bed.Done("run", "-f", Manifest(name));
        }

        bed.Done("stop", "other");

        Assert.Equal("NAME    PHASE     IMAGE\npod10   Running   localhost/busybox\npod2    Running   localhost/busybox\n", bed.Done(
            "get", "pods", "--field-selector", "status.phase=Running", "-o", "custom-columns=NAME:.metadata.name,PHASE:.status.phase,IMAGE:.spec.containers[*].image"));
        Assert.Equal("other\npod2\npod10\n", bed.Done("ps", "-q", "--sort-by", ".metadata.name"));
        Assert.Contains("couldn't find any field", bed.Pod("ps", "--sort-by", ".no.such").Error);
    }

    [Fact]
    public void Without_kustomize_a_sentence_says_so()
    {
        CommandResult Apply(string path) => PeapodCommand.Start(
            "/bin/sh", "-c", $"PATH={path} exec \"$@\"", "sh", PeapodCommand.Executable, "pod", "--run-root", bed.RunRoot, "--data-root", bed.DataRoot, "apply", "-k", bed.Folder);

        Assert.Equal($"peapod: -k {bed.Folder}: neither kubectl nor kustomize is in $PATH, and one of them must resolve the kustomization\n", Apply("/nowhere").Error);

        var program = bed.Write("kustomize", $"#!/bin/sh\n[ \"$1\" = build ] && /bin/cat {Manifest("made")}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal("pod/made created\n", Apply(bed.Folder).Output);
    }

    [Fact]
    public void A_plan_tells_what_apply_would_do_and_does_nothing()
    {
        var manifest = bed.Write("web.yaml", PodBed.Manifest("web", """
              nodeName: elsewhere
              terminationGracePeriodSeconds: 0
              containers:
              - {name: c, image: localhost/busybox, command: [sleep, '1000'], ports: [{containerPort: 80, hostPort: 8097}], volumeMounts: [{name: v, mountPath: /v, readOnly: true}]}
              volumes: [{name: v, emptyDir: {medium: Memory, sizeLimit: 1Mi}}]
            """));

        var plan = JsonNode.Parse(bed.Done("plan", "-f", manifest, "-o", "json"))!;

        Assert.Equal(("create", "BestEffort"), ((string)plan["action"]!, (string)plan["qosClass"]!));
        Assert.Equal($"/peapod/besteffort/{bed.OwnerOf("web")}/c", (string)plan["containers"]![0]!["cgroup"]!["path"]!);
        Assert.Equal("/v from v, read-only", (string)plan["containers"]![0]!["mounts"]![0]!);
        Assert.Equal("8097/tcp leads to 80", (string)plan["network"]!["hostPorts"]![0]!);
        Assert.Equal("in memory, at most 1Mi", (string)plan["volumes"]![0]!["source"]!);
        Assert.Equal(("spec.nodeName", $"{manifest}:6: spec.nodeName"), ((string)plan["ignored"]![0]!["field"]!, (string)plan["ignored"]![0]!["at"]!));
        Assert.Null(plan["problems"]);
        Assert.Equal("", bed.Done("ps", "-q"));

        bed.Done("apply", "-f", manifest);
        Assert.Equal("nothing", (string)JsonNode.Parse(bed.Done("plan", "-f", manifest, "-o", "json"))!["action"]!);
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("localhost/busybox", "localhost/busybox:latest"));
        var changed = bed.Done("plan", "-f", manifest);
        Assert.Contains("action: change in place\nchanges:\n- spec.containers[0].image\nrestarts:\n- c\n", changed);
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("mountPath: /v", "mountPath: /w"));
        Assert.Contains("cannotChange:\n- spec.containers[0].volumeMounts[0].mountPath\n", bed.Done("plan", "-f", manifest));
    }

    [Fact]
    public void Why_names_the_line_the_reason_the_remedy_and_the_last_words()
    {
        var manifest = bed.Write("web.yaml", PodBed.Manifest("web", "  containers:\n  - name: c\n    image: localhost/busybox\n    command: [sh, -c, 'echo cannot open the door; exit 3']"));
        bed.Done("run", "-f", manifest);
        PodBed.Until(() => (string?)bed.Container("web")["state"]!["waiting"]?["reason"] == "CrashLoopBackOff", "it crashes");

        var why = bed.Pod("why", "web");

        Assert.Equal(1, why.ExitCode);
        Assert.StartsWith("pod/web is not Ready: container \"c\" has ended with exit code 3, ", why.Output);
        Assert.Contains($"  {manifest}:7: spec.containers[0]\n", why.Output);
        Assert.EndsWith("  the last lines of \"peapod pod logs web -c c\":\n    cannot open the door\n", why.Output);

        bed.Done("run", "-f", Manifest("good"));
        Assert.Equal("pod/good is Ready\n", bed.Done("why", "good"));
    }

    [Fact]
    public void The_version_is_told_in_kubectls_form()
    {
        Assert.Matches("^Client Version: v[0-9.]+\nServer Version: v[0-9.]+\nKubernetes API: v1\\.[0-9]+\n$", bed.Done("version"));
        var json = JsonNode.Parse(bed.Done("version", "--client", "-o", "json"))!;
        Assert.NotNull(json["clientVersion"]!["gitVersion"]);
        Assert.Null(json["serverVersion"]);
    }
}
