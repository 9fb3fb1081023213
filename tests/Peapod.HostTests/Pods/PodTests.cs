using System.Diagnostics;
using System.Text.RegularExpressions;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class PodTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Fact]
    public void Run_with_rm_passes_on_both_streams_and_the_exit_code()
    {
        var result = bed.Pod("run", "--rm", "--image", "localhost/busybox", "once", "--", "sh", "-c", "echo out; echo err >&2; exit 7");

        Assert.Equal(("out\n", "err\n", 7), (result.Output, result.Error, result.ExitCode));
        bed.AssertNothingLeft();
    }

    [Fact]
    [Field("spec.containers[].stdin", "spec.containers[].stdinOnce")]
    public void Run_with_stdin_ends_the_containers_input_with_its_own()
    {
        using var process = bed.Begin("run", "-i", "--rm", "--image", "localhost/busybox", "cat", "--", "sh", "-c", "cat; echo end");
        process.StandardInput.Write("one\ntwo");
        process.StandardInput.Close();

        Assert.Equal("one\ntwoend\n", process.StandardOutput.ReadToEnd());
        Assert.True(process.WaitForExit(10_000));
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    [Field("spec.containers[].tty")]
    public void Run_with_a_terminal_joins_it_with_the_callers()
    {
        var inner = $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} run -it --rm --image localhost/busybox term -- sh -c 'tty; stty size; read line; echo got $line; exit 5'";
        using var script = Process.Start(new ProcessStartInfo("script", ["-qec", $"stty rows 33 cols 77; {inner}", "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

        Assert.Equal("/dev/pts/0", script.StandardOutput.ReadLine());
        Assert.Equal("33 77", script.StandardOutput.ReadLine());
        script.StandardInput.Write("typed\n");
        script.StandardInput.Flush();
        Assert.Equal("typed\r\ngot typed\r\n", script.StandardOutput.ReadToEnd());
        script.WaitForExit();
        Assert.Equal(5, script.ExitCode);
    }

    [Fact]
    public void A_terminals_output_is_shown_from_its_first_byte_to_its_last()
    {
        for (var round = 0; round < 5; round++)
        {
            var inner = $"{PeapodCommand.Executable} pod --run-root {bed.RunRoot} --data-root {bed.DataRoot} run -t --rm --image localhost/busybox term -- sh -c 'seq 50000; sleep 0.$((RANDOM % 3)); echo end'";
            using var script = Process.Start(new ProcessStartInfo("script", ["-qec", inner, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

            var lines = script.StandardOutput.ReadToEnd().Split("\r\n");

            Assert.Equal([.. Enumerable.Range(1, 50000).Select(static number => $"{number}"), "end", ""], lines);
        }
    }

    [Fact]
    public void Logs_are_in_cri_format_and_are_read_back_as_they_were_written()
    {
        bed.Done("run", "--image", "localhost/busybox", "log", "--", "sh", "-c", "echo one; echo two >&2; printf three; sleep 100");
        var path = $"{bed.DataOf("log")}/logs/log/0.log";
        PodBed.Until(() => File.ReadAllLines(path).Length == 3, "two lines and a part of one are written");

        Assert.All(File.ReadAllLines(path), static line => Assert.Matches(@"^20[0-9-]{8}T[0-9:]{8}\.[0-9]{9}Z (stdout F one|stderr F two|stdout P three)$", line));
        var logs = bed.Pod("logs", "log");
        Assert.Equal((Written(), ""), (logs.Output, logs.Error));
        bed.Done("stop", "-t", "0", "log");
        Assert.Equal(Written(), bed.Done("logs", "log"));

        string Written() => string.Concat(File.ReadAllLines(path).Select(static line => line.Split(' ', 4)).Select(static record => record[3] + (record[2] == "F" ? "\n" : "")));
    }

    [Fact]
    public void A_line_longer_than_a_log_record_comes_back_whole()
    {
        var result = bed.Pod("run", "--rm", "--image", "localhost/busybox", "long", "--", "sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo end");

        Assert.Equal(new string('x', 100000) + "\nend\n", result.Output);
    }

    [Fact]
    public void Logs_follow_until_the_pod_has_ended()
    {
        Assert.Equal(0, bed.RunSpec("follow", """
              restartPolicy: Never
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "for n in 1 2 3; do echo $n; sleep 0.2; done"]}
            """).ExitCode);

        Assert.Equal("1\n2\n3\n", bed.Done("logs", "-f", "follow"));
        Assert.Matches("follow   0/1     Completed", bed.Done("ps"));
    }

    [Fact]
    public void Exec_runs_in_the_container_that_is_named_and_by_default_in_the_first()
    {
        Assert.Equal(0, bed.RunSpec("two", """
              containers:
              - {name: a, image: localhost/busybox, command: [sleep, "100"], env: [{name: WHO, value: first}]}
              - {name: b, image: localhost/busybox, command: [sleep, "100"], env: [{name: WHO, value: second}]}
            """).ExitCode);

        var first = bed.Pod("exec", "two", "--", "sh", "-c", "echo $WHO $HOSTNAME; exit 3");
        Assert.Equal(("first two\n", "Defaulted container \"a\" out of: a, b\n", 3), (first.Output, first.Error, first.ExitCode));
        Assert.Equal("second\n", bed.Done("exec", "-c", "b", "two", "--", "sh", "-c", "echo $WHO"));
        var unknown = bed.Pod("exec", "-c", "x", "two", "--", "true");
        Assert.Equal((1, "peapod: container x is not valid for pod two; it has: [a b]\n"), (unknown.ExitCode, unknown.Error));
        var missing = bed.Pod("exec", "two", "--", "nothing-of-the-kind");
        Assert.Equal(127, missing.ExitCode);
    }

    [Fact]
    public void Containers_of_a_pod_share_network_ipc_uts_and_dev_shm_and_nothing_else()
    {
        Assert.Equal(0, bed.RunSpec("shared", """
              containers:
              - {name: a, image: localhost/busybox, command: [sh, -c, "echo hi > /dev/shm/note; mkdir /w; echo from a > /w/index.html; exec httpd -f -p 127.0.0.1:80 -h /w"]}
              - {name: b, image: localhost/busybox, command: [sleep, "100"]}
            """).ExitCode);
        string[] names = ["net", "ipc", "uts", "mnt", "pid", "cgroup"];
        var script = $"for n in {string.Join(' ', names)}; do readlink /proc/self/ns/$n; done";
        var a = bed.Done("exec", "-c", "a", "shared", "--", "sh", "-c", script).Split('\n');
        var b = bed.Done("exec", "-c", "b", "shared", "--", "sh", "-c", script).Split('\n');

        for (var i = 0; i < names.Length; i++)
        {
            Assert.Equal(i < 3, a[i] == b[i]);
            Assert.NotEqual(new FileInfo($"/proc/self/ns/{names[i]}").LinkTarget, a[i]);
        }

        Assert.Equal("hi\n", bed.Done("exec", "-c", "b", "shared", "--", "cat", "/dev/shm/note"));
        Assert.Equal("from a\n", bed.Done("exec", "-c", "b", "shared", "--", "wget", "-qO-", "http://localhost/"));
        Assert.Equal("1\n", bed.Done("exec", "-c", "b", "shared", "--", "sh", "-c", "ls -d /proc/[0-9]* | grep -c '/proc/1$'"));
    }

    [Fact]
    public void Shared_memory_is_the_sandboxes_and_outlives_containers_and_supervisors_but_is_no_mount_of_the_hosts()
    {
        Assert.Equal(0, bed.RunSpec("kept", """  containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]""").ExitCode);
        Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), line => line.Contains(bed.RunOf("kept"), StringComparison.Ordinal) || line.Contains(bed.DataOf("kept"), StringComparison.Ordinal));
        Assert.Equal("65536 1777\n", bed.Done("exec", "kept", "--", "sh", "-c", "echo $(df -k /dev/shm | tail -n 1 | awk '{print $2}') $(stat -c %a /dev/shm); echo kept > /dev/shm/word"));
        Assert.Contains(" /dev/shm rw,nosuid,nodev,noexec,", bed.Done("exec", "kept", "--", "cat", "/proc/self/mountinfo"), StringComparison.Ordinal);

        PodBed.Kill(bed.Supervisor("kept"));
        bed.Done("ps");
        bed.Done("restart", "-t", "0", "kept");

        Assert.Equal("kept\n", bed.Done("exec", "kept", "--", "cat", "/dev/shm/word"));
    }

    [Fact]
    public void What_a_pod_listens_to_is_not_told_to_all_others()
    {
        Assert.Equal(0, bed.RunSpec("first", """  containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]""").ExitCode);
        Thread.Sleep(3000);
        var before = Heard();

        Assert.Equal(0, bed.RunSpec("second", """  containers: [{name: c, image: localhost/busybox, command: [sleep, "100"]}]""").ExitCode);
        Thread.Sleep(3000);

        // Four reports (MLD) and a question for its own address (duplicate address detection), without what keeps them from others.
        Assert.Equal(before, Heard());

        // Who wants to know an address is heard.
        var address = bed.Done("exec", "first", "--", "sh", "-c", "ip -6 addr show dev eth0 scope global | awk '/inet6/ {print $2}' | cut -d / -f 1").Trim();
        bed.Done("exec", "second", "--", "ping", "-6", "-c", "1", "-W", "5", address);
        Assert.NotEqual(before, Heard());

        string Heard() => bed.Done("exec", "first", "--", "sh", "-c", "grep Ip6InMcastPkts /proc/net/snmp6");
    }

    [Fact]
    public void Stop_sends_term_and_waits_for_the_end()
    {
        bed.Done("run", "--image", "localhost/busybox", "polite", "--", "sh", "-c", "trap 'echo bye; exit 0' TERM; echo ready; while true; do sleep 0.05; done");
        PodBed.Until(() => bed.Done("logs", "polite") == "ready\n", "it is ready");

        bed.Done("stop", "-t", "20", "polite");

        Assert.Equal("ready\nbye\n", bed.Done("logs", "polite"));
        Assert.Equal((0, "Completed", 0), (bed.ExitCode("polite"), (string)bed.Ended("polite")!["reason"]!, bed.Restarts("polite")));
    }

    [Fact]
    [Field("spec.terminationGracePeriodSeconds")]
    public void Stop_kills_what_ignores_term_after_the_grace_period()
    {
        bed.Done("run", "--image", "localhost/busybox", "deaf", "--", "sh", "-c", "trap '' TERM; sleep 100");
        var clock = Stopwatch.StartNew();

        bed.Done("stop", "-t", "1", "deaf");

        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 3);
        Assert.Equal(137, bed.ExitCode("deaf"));
    }

    [Fact]
    public void A_container_that_ends_is_started_again_at_once_and_then_with_a_pause()
    {
        bed.Done("run", "--image", "localhost/busybox", "crash", "--", "sh", "-c", "test -e /mark && echo kept; touch /mark; echo run; exit 4");

        PodBed.Until(() => (string?)bed.Container("crash")["state"]!["waiting"]?["reason"] == "CrashLoopBackOff", "it is in back-off");

        Assert.Matches("crash   0/1     CrashLoopBackOff   1 ", bed.Done("ps"));
        Assert.Equal("run\n", bed.Done("logs", "crash"));
        Assert.Equal("run\n", string.Concat(File.ReadAllText($"{bed.DataOf("crash")}/logs/crash/0.log").Split(" F ")[1..]));
        Assert.Equal(4, bed.ExitCode("crash"));
    }

    [Theory]
    [InlineData("OnFailure", 0, "Succeeded", 0)]
    [InlineData("Never", 0, "Succeeded", 0)]
    [InlineData("Never", 3, "Failed", 3)]
    [Field("spec.restartPolicy")]
    public void A_pod_is_over_when_its_restart_policy_says_so(string policy, int exit, string phase, int code)
    {
        Assert.Equal(0, bed.RunSpec("ends", $$"""
              restartPolicy: {{policy}}
              containers:
              - {name: c, image: localhost/busybox, command: [sh, -c, "exit {{exit}}"]}
            """).ExitCode);

        PodBed.Until(() => (string)bed.Status("ends")["phase"]! == phase, phase);

        Assert.Equal((code, 0), (bed.ExitCode("ends"), bed.Restarts("ends")));
        Assert.Equal("pod \"ends\" deleted\n", bed.Done("rm", "ends"));
    }

    [Fact]
    [Field(
        "spec.containers[].command", "spec.containers[].args", "spec.containers[].workingDir", "spec.containers[].env[].name", "spec.containers[].env[].value", "spec.hostname",
        "spec.containers[].securityContext.runAsUser", "spec.containers[].securityContext.runAsGroup", "spec.containers[].securityContext.capabilities")]
    public void What_is_executed_comes_from_the_manifest_and_the_image()
    {
        Assert.Equal(0, bed.RunSpec("spec", """
              restartPolicy: Never
              hostname: other
              containers:
              - name: c
                image: localhost/busybox
                command: [sh, -c, "echo $(GREETING) $0; pwd; id; hostname; grep -E 'Cap(Eff|Bnd)' /proc/self/status; env | grep ^FULL"]
                args: ["$(NAME)"]
                workingDir: /srv/deep
                env: [{name: NAME, value: world}, {name: GREETING, value: hello}, {name: FULL, value: "$(GREETING), $(NAME) $$(NAME) $(NONE)"}]
                securityContext:
                  runAsUser: 1234
                  runAsGroup: 55
                  capabilities: {drop: [ALL], add: [NET_ADMIN]}
            """).ExitCode);

        Assert.Equal(
            "hello world\n/srv/deep\nuid=1234 gid=55 groups=55\nother\nCapEff:\t0000000000000000\nCapBnd:\t0000000000001000\nFULL=hello, world $(NAME) $(NONE)\n",
            bed.Done("logs", "-f", "spec"));
    }

    [SkippableFact]
    [Field("spec.containers[].ports[].containerPort", "spec.containers[].ports[].hostPort", "spec.containers[].ports[].hostIP", "spec.containers[].ports[].protocol")]
    public void Ports_of_the_host_lead_to_the_pod_at_their_address_and_by_their_protocol()
    {
        ToolsImage.Needed(bed);
        Assert.Equal(0, bed.RunSpec("ports", """
              terminationGracePeriodSeconds: 0
              containers:
              - name: c
                image: localhost/tools
                command: [bash, -c, "socat TCP4-LISTEN:80,fork,reuseaddr SYSTEM:'echo tcp' & socat UDP4-LISTEN:80,fork,reuseaddr SYSTEM:'read line; echo udp $line' & touch /ready; wait"]
                ports: [{containerPort: 80, hostPort: 8073, hostIP: 127.0.0.1}, {containerPort: 80, hostPort: 8073, hostIP: 127.0.0.1, protocol: UDP}]
                readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}
            """).ExitCode);
        PodBed.Until(() => (bool)bed.Container("ports")["ready"]!, "it listens");

        Assert.Equal("tcp\n", PeapodCommand.Start("bash", "-c", "cat < /dev/tcp/127.0.0.1/8073").Output);
        Assert.Equal("udp me\n", PeapodCommand.Start("bash", "-c", "exec 3<>/dev/udp/127.0.0.1/8073; echo me >&3; timeout 5 head -n 1 <&3").Output);
        Assert.NotEqual(0, PeapodCommand.Start("bash", "-c", "cat < /dev/tcp/127.0.0.2/8073").ExitCode);
    }

    [Theory]
    [InlineData("Never", "ErrImageNeverPull")]
    [InlineData("IfNotPresent", "ErrImagePull")]
    [Field("spec.containers[].imagePullPolicy")]
    public void A_missing_image_fails_by_its_pull_policy(string policy, string reason)
    {
        Assert.Equal(0, bed.Image("load", "--tag", "localhost/goes", Path.Combine(PeapodCommand.Out, "images", "busybox")).ExitCode);
        Assert.Equal(0, bed.RunSpec("pull", $$"""
              terminationGracePeriodSeconds: 0
              initContainers: [{name: waits, image: localhost/busybox, command: [sh, -c, "until test -e /go; do sleep 0.02; done"]}]
              containers: [{name: c, image: localhost/goes, imagePullPolicy: {{policy}}, command: [sleep, "100"]}]
            """).ExitCode);
        Assert.Equal(0, bed.Image("rm", "localhost/goes").ExitCode);
        bed.Done("exec", "-c", "waits", "pull", "--", "touch", "/go");

        PodBed.Until(() => (string?)bed.Container("pull")["state"]!["waiting"]?["reason"] == reason, () => $"it waits: {bed.Container("pull")}");
    }

    [Fact]
    public void Fifty_pods_are_all_reached_from_another_one_and_leave_nothing()
    {
        var names = Enumerable.Range(1, 50).Select(static number => $"p{number}").ToList();
        foreach (var name in names)
        {
            bed.Done("run", "--image", "localhost/busybox", name, "--", "sh", "-c", $"mkdir /w; echo {name} > /w/index.html; exec httpd -f -p 80 -h /w");
        }

        var wide = bed.Done("ps", "-o", "wide").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static row => Regex.Split(row, " +")).ToList();
        Assert.Equal(50, wide.Count);
        var asked = string.Join("; ", wide.Select(static row => $"wget -qO- http://{row[5]}/"));
        var answered = bed.Pod("run", "--rm", "--image", "localhost/busybox", "asker", "--", "sh", "-c", asked);

        Assert.Equal(string.Concat(wide.Select(static row => $"{row[0]}\n")), answered.Output);
        bed.Done("rm", ["-f", .. names]);
        bed.AssertNothingLeft();
    }

    [Fact]
    public void Two_runs_of_one_name_at_a_time_make_one_pod()
    {
        var runs = Enumerable.Range(0, 4).Select(_ => bed.Begin("run", "--image", "localhost/busybox", "one", "--", "sleep", "100")).ToList();
        var codes = runs.ConvertAll(static run =>
        {
            run.WaitForExit();
            return (run.ExitCode, Error: run.StandardError.ReadToEnd());
        });

        Assert.Single(codes, static code => code.ExitCode == 0);
        Assert.All(codes.Where(static code => code.ExitCode != 0), static code => Assert.Equal("peapod: pods \"one\" already exists\n", code.Error));
        Assert.Matches("one    1/1     Running", bed.Done("ps"));
        runs.ForEach(static run => run.Dispose());
    }

    [Fact]
    public void A_manifest_of_several_documents_is_read_from_standard_input()
    {
        using var process = bed.Begin("run", "-f", "-");
        foreach (var name in new[] { "north", "south" })
        {
            process.StandardInput.WriteLine("---\n" + PodBed.Manifest(name, "  containers: [{name: c, image: localhost/busybox, command: [sleep, '9']}]"));
        }

        process.StandardInput.Close();
        Assert.Equal("pod/north created\npod/south created\n", process.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void An_image_in_use_may_lose_its_name_and_its_containers_start_again_all_the_same()
    {
        Assert.Equal(0, bed.Image("load", "--tag", "localhost/other", Path.Combine(PeapodCommand.Out, "images", "busybox")).ExitCode);
        bed.Done("run", "--image", "localhost/other", "user", "--", "sh", "-c", "sleep 0.5; exit 1");

        Assert.Equal("Untagged: localhost/other:latest\n", bed.Image("rm", "localhost/other").Output);

        PodBed.Until(() => bed.Restarts("user") == 1, "it is started again");
        Assert.Equal("localhost/busybox:latest", Regex.Split(bed.Image("ls").Output.Split('\n')[1], " +")[0]);
    }
}
