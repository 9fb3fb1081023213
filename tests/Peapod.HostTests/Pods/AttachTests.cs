using System.Diagnostics;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>`pod attach` and `pod debug`.</summary>
public sealed class AttachTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void Run(string container) => Assert.Equal(0, bed.RunSpec("box", $$"""
          terminationGracePeriodSeconds: 0
          restartPolicy: Never
          containers:
          - {name: a, image: localhost/busybox, {{container}}}
        """).ExitCode);

    [Fact]
    public void Standard_input_goes_in_and_output_comes_out_until_the_container_has_ended()
    {
        Run("stdin: true, command: [sh, -c, \"while read line; do test $line = end && exit 0; echo got $line; done\"]");
        using var attach = bed.Begin("attach", "-i", "box");

        attach.StandardInput.Write("one\n");
        attach.StandardInput.Flush();
        Assert.Equal("got one", attach.StandardOutput.ReadLine());
        attach.StandardInput.Write("end\n");
        attach.StandardInput.Flush();

        Assert.True(attach.WaitForExit(10_000));
        Assert.Equal(0, attach.ExitCode);
    }

    [Fact]
    public void A_terminal_is_joined()
    {
        Run("stdin: true, tty: true, command: [sh, -c, \"read line; echo got $line from $(tty); exit 0\"]");
        var inner = $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} attach -it box";
        using var script = Process.Start(new ProcessStartInfo("script", ["-qec", inner, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

        Assert.Equal("If you don't see a command prompt, try pressing enter.", script.StandardOutput.ReadLine());
        script.StandardInput.Write("word\n");
        script.StandardInput.Flush();

        Assert.Contains("got word from /dev/pts/0\r\n", script.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void What_cannot_be_attached_to_is_named()
    {
        Run("command: [sleep, '100']");

        Assert.Equal("peapod: -i: container a has no standard input to attach to\n  its manifest needs stdin: true\n", bed.Pod("attach", "-i", "box").Error);
        Assert.Equal("peapod: pods \"nobody\" not found\n", bed.Pod("attach", "nobody").Error);
        bed.Done("stop", "-t", "0", "box");
        Assert.Equal("peapod: cannot attach a container in a completed pod; current phase is Failed\n", bed.Pod("attach", "box").Error);
    }

    [Fact]
    public void A_container_is_added_to_look_into_a_running_pod()
    {
        Run("command: [sh, -c, \"echo secret > /file; exec sleep 100\"]");
        var pid = bed.Pid("box", "a");

        using var debug = bed.Begin("debug", "-i", "box", "--image", "localhost/busybox", "--target", "a", "-c", "look", "--", "sh", "-c", "read name; hostname; cat /proc/1/root/file; exit 4");
        debug.StandardInput.Write("go\n");
        debug.StandardInput.Flush();

        Assert.True(debug.WaitForExit(20_000));
        Assert.Equal(("box\nsecret\n", 4), (debug.StandardOutput.ReadToEnd(), debug.ExitCode));
        Assert.Equal(pid, bed.Pid("box", "a"));
        Assert.Equal("look", (string)bed.Inspect("box")["spec"]!["ephemeralContainers"]![0]!["name"]!);
        Assert.Equal("box\nsecret\n", bed.Done("logs", "-c", "look", "box"));
    }

    [Fact]
    public void A_debug_container_that_cannot_be_is_refused_and_leaves_the_pod_as_it_was()
    {
        Run("command: [sleep, '100']");
        var before = File.ReadAllText($"{bed.RunOf("box")}/manifest.json");

        Assert.Equal($"peapod: image \"localhost/none\" (localhost/none:latest) is not in {bed.DataRoot}/images\n  \"peapod image ls\" lists what is there, \"peapod image load PATH\" brings an image in\n", bed.Pod("debug", "box", "--image", "localhost/none", "-c", "x").Error);
        Assert.Equal("peapod: -c a: the pod has a container of that name already\n", bed.Pod("debug", "box", "--image", "localhost/busybox", "-c", "a").Error);
        Assert.Equal("peapod: --target none: container none is not valid for pod box; it has: [a]\n", bed.Pod("debug", "box", "--image", "localhost/busybox", "-c", "x", "--target", "none").Error);
        Assert.Equal(before, File.ReadAllText($"{bed.RunOf("box")}/manifest.json"));
    }

    [Fact]
    public void A_container_that_has_ended_cannot_be_attached_to_and_that_is_said()
    {
        Run("command: [sleep, '100']");
        bed.Done("debug", "box", "--image", "localhost/busybox", "-c", "look", "--", "sh", "-c", "echo words; exit 3");
        PodBed.Until(() => bed.Status("box")["ephemeralContainerStatuses"]?[0]?["state"]?["terminated"] is not null, "it has ended");

        const string sentence = "peapod: cannot attach to container look of pod box: it has ended with exit code 3\n  \"peapod pod logs box -c look\" prints what it wrote\n";
        var result = bed.Pod("attach", "box", "-c", "look");
        Assert.Equal((1, "", sentence), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public void A_container_that_waits_cannot_be_attached_to_and_that_is_said()
    {
        Assert.Equal(0, bed.RunSpec("box", """
              terminationGracePeriodSeconds: 0
              containers: [{name: a, image: localhost/busybox, command: ["false"]}]
            """).ExitCode);
        PodBed.Until(() => (string?)bed.Container("box")["state"]!["waiting"]?["reason"] == "CrashLoopBackOff", "it waits");

        var result = bed.Pod("attach", "box");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("peapod: cannot attach to container a of pod box: it is waiting to start: back-off ", result.Error);
    }

    [Fact]
    public void A_pod_that_has_ended_cannot_be_debugged_and_that_is_said()
    {
        Run("command: [sh, -c, exit 0]");
        PodBed.Until(() => (string?)bed.Status("box")["phase"] == "Succeeded", "it has ended");
        var before = File.ReadAllText($"{bed.RunOf("box")}/manifest.json");

        foreach (var flags in new string[][] { [], ["-i"] })
        {
            var result = bed.Pod("debug", ["box", .. flags, "--image", "localhost/busybox", "-c", "look", "--", "true"]);
            Assert.Equal((1, "peapod: cannot debug a completed pod; current phase is Succeeded\n"), (result.ExitCode, result.Error));
        }

        Assert.Equal(before, File.ReadAllText($"{bed.RunOf("box")}/manifest.json"));
    }

    [Fact]
    public void A_terminal_is_left_by_keys_and_come_back_to()
    {
        Run("stdin: true, tty: true, command: [sh, -c, \"while read line; do echo got $line; done\"]");
        var attach = $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} attach -it box";

        for (var time = 1; time <= 2; time++)
        {
            using var terminal = Terminal.Open(33, 99);
            var before = terminal.Modes;
            using var attached = terminal.Start("sh", "-c", $"{attach}; echo left $?");
            PodBed.Until(() => terminal.Modes != before, "the terminal is joined");
            terminal.Type($"word{time}\r");
            terminal.WaitFor($"got word{time}");
            terminal.Type("\u0010\u0011");
            terminal.WaitFor("detached\r\nleft 0");
            Assert.True(attached.WaitForExit(10_000));
            Assert.Equal(before, terminal.Modes);
        }

        Assert.Equal("Running", (string?)bed.Status("box")["phase"]);
    }
}
