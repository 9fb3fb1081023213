using System.Text;
using System.Text.Json.Nodes;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Security;

/// <summary>
/// What a container, an image or a manifest says is shown, never obeyed: no control character of theirs reaches a terminal or a log, whichever
/// command tells of it. What programs print themselves (logs, exec, attach, run) stays as it is.
/// </summary>
public sealed class TerminalTextTests
{
    /// <summary>Clears the screen and sets the title, in the ways of ASCII and of Latin-1; turns the text around.</summary>
    private const string Attack = "\u001b[2J\u001b]0;title\u0007\u009b2J\u202e\u2066\u007f";
    private const string Shown = "\\u001b[2J\\u001b]0;title\\u0007\\u009b2J\\u202e\\u2066\\u007f";

    [Fact]
    public void What_a_pod_says_of_itself_is_shown_and_not_obeyed()
    {
        using var bed = new PodBed();

        // For printf '%b', in a text of YAML.
        var echo = string.Concat(Encoding.UTF8.GetBytes(Attack).Select(static unit => $@"\\0{Convert.ToString(unit, 8).PadLeft(3, '0')}"));
        var yaml = string.Concat(Attack.Select(static character => $"\\u{(int)character:x4}"));
        var manifest = $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: box, annotations: {note: "note{{{yaml}}}"}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: a
                image: localhost/busybox
                command: [sh, -c, "trap 'exit 0' TERM; printf 'log\\033[1m\n'; sleep 1000", "argument{{{yaml}}}\nEvents:"]
                env: [{name: WHO, value: "value{{{yaml}}}"}]
                readinessProbe: {exec: {command: [sh, -c, "printf '%b' 'probe{{{echo}}}'; exit 1"]}, periodSeconds: 1}
              - name: b
                image: localhost/busybox
                command: [sh, -c, "printf '%b' 'end{{{echo}}}\\nforged' > /dev/termination-log; exit 1"]
            """;
        var ran = bed.Pod("run", "-f", bed.Write("box.yaml", manifest));
        Assert.True(ran.ExitCode == 0, ran.Error);
        PodBed.Until(() => bed.Done("events", "box").Contains("probe", StringComparison.Ordinal) && bed.Done("describe", "box").Contains("end", StringComparison.Ordinal), () => bed.Done("events", "box") + bed.Done("describe", "box"));

        Assert.Contains(" note: note" + Shown, Told(bed.Pod("describe", "box")), StringComparison.Ordinal);
        foreach (var command in (string[][])[
            ["events", "box"], ["ps"], ["ps", "-o", "wide"], ["ps", "-o", "name"], ["get", "pods", "-o", "yaml"], ["get", "pods", "-o", "json"], ["inspect", "box"], ["top", "box"], ["events", "box", "-o", "yaml"],
            ["describe", "no" + Attack], ["logs", "box", "-c", "no" + Attack], ["exec", "box", "-c", "a", "--", "/no" + Attack], ["exec", "box", "-c", "no" + Attack, "--", "true"], ["delete", "no" + Attack],
            ["port-forward", "box", "1" + Attack], ["run", "-f", bed.Folder + "/no" + Attack], ["attach", "no" + Attack], ["kill", "no" + Attack], ["ps", "-l", Attack],
            ["generate", "systemd", "box"], ["get", "pods", "no" + Attack], ["get", Attack], ["ps", "-o", Attack], ["--" + Attack], ["ps", "--" + Attack], ["debug", "no" + Attack]])
        {
            Told(bed.Pod(command[0], command[1..]));
        }

        // Nothing is lost by it: documents come back as they were, and a script gets the value itself.
        Assert.Equal("note" + Attack, (string?)JsonNode.Parse(bed.Done("get", "pods", "box", "-o", "json"))!["metadata"]!["annotations"]!["note"]);
        Assert.Equal("note" + Attack, bed.Done("get", "pods", "box", "-o", "jsonpath={.metadata.annotations.note}").TrimEnd('\n'));
        Assert.Equal("log\u001b[1m\n", bed.Done("logs", "box", "-c", "a"));
        Assert.Equal("\u001b[2J", bed.Done("exec", "box", "-c", "a", "--", "printf", "\\033[2J"));
    }

    [Fact]
    public void Names_of_files_are_shown_and_not_obeyed()
    {
        using var bed = new PodBed();
        Assert.Equal(0, bed.RunSpec("box", """
              terminationGracePeriodSeconds: 0
              containers: [{name: a, image: localhost/busybox, command: [sleep, "1000"]}]
            """).ExitCode);
        bed.Done("exec", "box", "--", "sh", "-c", "mkdir /d; mkfifo \"$(printf '/d/%b\\npeapod: forged' \"$0\")\"; ln -s \"/x$(printf '%b' \"$0\")\" \"$(printf '/d/link%b' \"$0\")\"; mkdir \"$(printf '/d/%b' \"$0\")\"; printf '\\233' > /dev/null; mkfifo /d/$(printf 'bad\\233')", Attack);

        var copied = bed.Pod("cp", "box:/d", Path.Combine(bed.Folder, "out"));
        Assert.Contains($"warning: skipping \"box:/d/{Shown}\\npeapod: forged\": a fifo\n", Told(copied), StringComparison.Ordinal);
        Assert.Contains($"warning: skipping symlink: \"box:/d/link{Shown}\" -> \"/x{Shown}\": ", copied.Error, StringComparison.Ordinal);
        Assert.Contains("warning: skipping \"box:/d/bad\ufffd\": a fifo\n", copied.Error, StringComparison.Ordinal);
        Told(bed.Pod("cp", "box:/no" + Attack, bed.Folder));
        Told(bed.Pod("cp", "box:/d", bed.Folder + "/no" + Attack + "/x"));
        PeapodCommand.Start("rm", "-rf", Path.Combine(bed.Folder, "out"));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: \"Pod{0}\"\n")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: \"p{0}\"}\nspec: {containers: [{name: \"c{0}\", image: \"i{0}\", \"{0}\": 1, ports: [{containerPort: \"{0}\"}], imagePullPolicy: \"{0}\"}]}\n")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {\"{0}\": \"{0}\"}, annotations: {\"{0}\": x}}\nspec: {containers: [{name: c, image: localhost/busybox, resources: {limits: {\"{0}\": \"{0}\"}}, command: \"{0}\"}]}\n")]
    [InlineData("\u001b[2J")]
    [InlineData("{\"apiVersion\": \"{0}\", \"kind\": \"{0}\"}")]
    [InlineData("a: [\u009b2J, \u202e\n")]
    public void What_is_wrong_with_a_manifest_is_shown_and_not_obeyed(string manifest)
    {
        using var bed = new PodBed();
        var yaml = string.Concat((Attack + "\npeapod: forged").Select(static character => $"\\u{(int)character:x4}"));

        var result = bed.Pod("run", "-f", bed.Write("p.yaml", manifest.Replace("{0}", yaml, StringComparison.Ordinal)));

        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain("\npeapod: forged", Told(result), StringComparison.Ordinal);
        Told(bed.Image("load", bed.Folder + "/no" + Attack));
        Told(bed.Image("rm", "no" + Attack));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public void What_is_wrong_with_a_container_is_shown_and_not_obeyed_in_logs_too(string format)
    {
        using var bundle = new Bundle("/no" + Attack + "\nlevel=info msg=forged");
        var log = Path.Combine(bundle.Folder, "log");

        Told(PeapodCommand.Run("--root", bundle.Root, "--log", log, "--log-format", format, "run", "--bundle", bundle.Folder, bundle.Id));
        Told(PeapodCommand.Run("--root", bundle.Root, "--log-format", format, "run", "--bundle", bundle.Folder, bundle.Id));
        Told(PeapodCommand.Run("--root", bundle.Root, "--log", log, "--log-format", format, "delete", "no" + Attack));
        Told(PeapodCommand.Run("--root", bundle.Root, "--log", log, "--log-format", format, "run", "--bundle", bundle.Folder + "/no" + Attack, bundle.Id));
        foreach (var (field, value) in ((string, JsonNode)[])[
            ("annotations", new JsonObject { ["a" + Attack] = 5 }), ("ociVersion", "3" + Attack), ("process.cwd", "x" + Attack), ("linux.seccomp", new JsonObject { ["defaultAction"] = Attack }),
            ("mounts[+]", new JsonObject { ["destination"] = "/a" + Attack, ["source"] = "/no" + Attack, ["type"] = "bind", ["options"] = new JsonArray("bind") }), ("linux.sysctl", new JsonObject { ["kernel." + Attack] = Attack })])
        {
            using var other = new Bundle("true").Set(field, value.ToJsonString());
            var run = PeapodCommand.Run("--root", other.Root, "--log", log, "--log-format", format, "run", "--bundle", other.Folder, other.Id);
            Told(run);
            Told(PeapodCommand.Run("plan", "--bundle", other.Folder));
            Told(PeapodCommand.Run("plan", "--format", "json", "--bundle", other.Folder));
        }

        var lines = File.ReadAllText(log);
        AssertShown(lines);
        Assert.All(lines.TrimEnd('\n').Split('\n'), line => Assert.StartsWith(format == "json" ? "{\"level\":\"" : "time=\"", line, StringComparison.Ordinal));
        if (format == "json")
        {
            Assert.All(lines.TrimEnd('\n').Split('\n'), static line => JsonNode.Parse(line));
        }
    }

    [Fact]
    public void What_a_container_is_called_and_noted_with_is_shown_and_not_obeyed()
    {
        using var bundle = new Bundle("sleep", "100", Attack);
        bundle.Set("annotations", new JsonObject { ["note"] = "x" + Attack }.ToJsonString());
        bundle.Set("root.path", JsonValue.Create(bundle.PathInRootfs("")).ToJsonString());
        var folder = Directory.CreateDirectory(bundle.Folder + "/bundle" + Attack).FullName;
        File.Copy(bundle.ConfigPath, Path.Combine(folder, "config.json"));
        var created = PeapodCommand.Run("--root", bundle.Root, "create", "--bundle", folder, bundle.Id);
        Assert.True(created.ExitCode == 0, created.Error);

        Assert.Contains("bundle" + Shown, Told(PeapodCommand.Run("--root", bundle.Root, "list")), StringComparison.Ordinal);
        Told(PeapodCommand.Run("--root", bundle.Root, "list", "--format", "json"));
        Assert.Equal("x" + Attack, (string?)JsonNode.Parse(Told(PeapodCommand.Run("--root", bundle.Root, "state", bundle.Id)))!["annotations"]!["note"]);
        Told(PeapodCommand.Run("--root", bundle.Root, "start", bundle.Id));
        Told(PeapodCommand.Run("--root", bundle.Root, "ps", bundle.Id));
        Told(PeapodCommand.Run("--root", bundle.Root, "exec", bundle.Id, "/no" + Attack));
        Told(PeapodCommand.Run("--root", bundle.Root, "exec", "--cwd", "/no" + Attack, bundle.Id, "true"));
        Told(PeapodCommand.Run("--root", bundle.Root, "kill", bundle.Id, "SIG" + Attack));
        Told(PeapodCommand.Run("--root", bundle.Root, "--" + Attack));
        Told(PeapodCommand.Run(Attack));
        Assert.Equal(0, PeapodCommand.Run("--root", bundle.Root, "delete", "--force", bundle.Id).ExitCode);
    }

    /// <summary>Asserts that what a command told can go to a terminal.</summary>
    /// <returns>All of it.</returns>
    private static string Told(CommandResult result)
    {
        AssertShown(result.Output);
        AssertShown(result.Error);
        return result.Output + result.Error;
    }

    private static void AssertShown(string text)
    {
        var bad = text.IndexOfAny([.. Enumerable.Range(0, 0xa0).Where(static unit => unit is < ' ' and not ('\n' or '\t') or >= 0x7f).Select(static unit => (char)unit), '\u202e', '\u2066']);
        Assert.True(bad < 0, bad < 0 ? "" : $"a terminal would obey what stands behind: {text[Math.Max(0, bad - 80)..bad]}");
    }
}
