using System.Diagnostics;
using Peapod.HostTests.Harness;
using Peapod.Kernel.Files;
using Peapod.Kernel.Processes;

namespace Peapod.HostTests.Pods;

/// <summary>kill -9 of everything that a pod has, at any moment.</summary>
public sealed class PodCrashTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private void RunTwo(string name) => Assert.Equal(0, bed.RunSpec(name, """
          terminationGracePeriodSeconds: 0
          containers:
          - {name: a, image: localhost/busybox, command: [sh, -c, "while true; do echo tick; sleep 0.1; done"], ports: [{containerPort: 80, hostPort: 8099}]}
          - {name: b, image: localhost/busybox, command: [sleep, "100"]}
          volumes: [{name: v, emptyDir: {medium: Memory}}]
        """).ExitCode);

    [Fact]
    public void After_kill_9_of_the_supervisor_rm_force_leaves_nothing()
    {
        for (var round = 0; round < 10; round++)
        {
            RunTwo("victim");
            PodBed.Kill(bed.Supervisor("victim"));
            bed.Done("rm", "-f", "victim");
            bed.AssertNothingLeft();
        }
    }

    [Fact]
    public void After_kill_9_of_the_sandbox_rm_force_leaves_nothing()
    {
        for (var round = 0; round < 10; round++)
        {
            RunTwo("victim");
            PodBed.Kill(bed.Sandbox("victim"));
            Thread.Sleep(round * 7);
            bed.Done("rm", "-f", "victim");
            bed.AssertNothingLeft();
        }
    }

    [Fact]
    public void After_kill_9_of_supervisor_and_sandbox_rm_force_leaves_nothing()
    {
        for (var round = 0; round < 10; round++)
        {
            RunTwo("victim");
            var sandbox = bed.Sandbox("victim");
            PodBed.Kill(bed.Supervisor("victim"));
            PodBed.Kill(sandbox);
            bed.Done("rm", "-f", "victim");
            bed.AssertNothingLeft();
        }
    }

    [Fact]
    public void After_kill_9_of_pod_run_at_any_moment_rm_force_leaves_nothing()
    {
        for (var round = 0; round < 20; round++)
        {
            using (var run = bed.Begin("run", "--image", "localhost/busybox", "victim", "--", "sleep", "100"))
            {
                Spin(TimeSpan.FromMilliseconds(2 * round));
                run.Kill();
                run.WaitForExit();
            }

            RemoveIfThere();
            bed.AssertNothingLeft();
        }
    }

    [Fact]
    public void After_kill_9_of_the_supervisor_while_it_makes_the_pod_rm_force_leaves_nothing()
    {
        var caught = 0;
        for (var round = 0; round < 20; round++)
        {
            using (var run = bed.Begin("run", "--image", "localhost/busybox", "victim", "--", "sleep", "100"))
            {
                var file = $"{bed.RunOf("victim")}/supervisor.lock";
                int supervisor;
                while (!run.HasExited && (!File.Exists(file) || !int.TryParse(File.ReadAllText(file), out supervisor)))
                {
                }

                Spin(TimeSpan.FromMilliseconds(round));
                var pid = bed.Supervisor("victim");
                using var process = Process.GetProcessById(pid);
                process.Kill();
                run.WaitForExit();
                if (run.ExitCode != 0)
                {
                    caught++;
                    Assert.Equal("peapod: pod \"victim\": its supervisor ended before the pod ran\n", run.StandardError.ReadToEnd());
                }
            }

            RemoveIfThere();
            bed.AssertNothingLeft();
        }

        Assert.InRange(caught, 1, 20);
    }

    [Fact]
    public void A_new_supervisor_takes_running_containers_over_and_their_logs_go_on()
    {
        RunTwo("kept");
        var pid = bed.Pid("kept", "a");
        var supervisor = bed.Supervisor("kept");
        PodBed.Kill(supervisor);
        var logged = bed.Done("logs", "-c", "a", "kept").Length;

        Assert.Matches("kept   2/2     Running   0 ", bed.Done("ps"));

        Assert.NotEqual(supervisor, bed.Supervisor("kept"));
        Assert.Equal((pid, 0), (bed.Pid("kept", "a"), bed.Restarts("kept")));
        PodBed.Until(() => bed.Done("logs", "-c", "a", "kept").Length > logged + 10, "the log goes on");
        Assert.Single(bed.Done("logs", "-c", "a", "kept").Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct());
    }

    [SkippableFact]
    public void The_exit_code_of_a_process_is_waited_for_until_its_parent_has_reaped_it()
    {
        Skip.IfNot(Environment.OSVersion.Version >= new Version(6, 15), "PIDFD_GET_INFO tells exit codes since Linux 6.15");
        using var parent = Process.Start(new ProcessStartInfo("perl", ["-e", "$| = 1; if (!($p = fork)) { select(undef, undef, undef, 0.2); exit 7 } print \"$p\\n\"; select(undef, undef, undef, 0.5); waitpid $p, 0; <STDIN>"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        using var child = PidFd.TryOpen(int.Parse(parent.StandardOutput.ReadLine()!))!;

        Assert.True(child.WaitForExit(5000));

        Assert.Equal(7, child.TryReadExit()!.Value.Reported);
        parent.StandardInput.Close();
        parent.WaitForExit();
    }

    [SkippableFact]
    public void The_exit_code_of_a_container_that_was_taken_over_is_known()
    {
        Skip.IfNot(Environment.OSVersion.Version >= new Version(6, 15), "PIDFD_GET_INFO tells exit codes since Linux 6.15");
        bed.Done("run", "--image", "localhost/busybox", "code", "--", "sh", "-c", "while ! test -e /go; do sleep 0.05; done; exit 42");
        PodBed.Kill(bed.Supervisor("code"));
        bed.Done("ps");

        bed.Done("exec", "code", "--", "touch", "/go");

        PodBed.Until(() => bed.Restarts("code") == 1, "it is started again");
        bed.Done("exec", "code", "--", "touch", "/go");
        PodBed.Until(() => bed.ExitCode("code") == 42, "its exit code is known");
    }

    [Fact]
    public void A_pod_that_loses_its_sandbox_gets_a_new_one_and_its_containers_start_again()
    {
        RunTwo("again");
        var sandbox = bed.Sandbox("again");

        PodBed.Kill(sandbox);

        PodBed.Until(() => bed.Restarts("again", 1) == 1 && bed.Container("again", 1)["state"]!["running"] is not null, "it runs again");
        Assert.NotEqual(sandbox, bed.Sandbox("again"));
        Assert.Equal(
            bed.Done("exec", "-c", "a", "again", "--", "readlink", "/proc/self/ns/net"), new FileInfo($"/proc/{bed.Sandbox("again")}/ns/net").LinkTarget + "\n");
    }

    [Fact]
    public void After_kill_9_of_the_supervisor_while_it_makes_the_pod_gc_leaves_nothing_or_a_pod_that_runs()
    {
        var collected = 0;
        for (var round = 0; round < 20; round++)
        {
            using (var run = bed.Begin("run", "--image", "localhost/busybox", "victim", "--", "sleep", "100"))
            {
                var file = $"{bed.RunOf("victim")}/supervisor.lock";
                while (!run.HasExited && (!File.Exists(file) || !int.TryParse(File.ReadAllText(file), out _)))
                {
                }

                Spin(TimeSpan.FromMilliseconds(round / 2.0));
                run.Kill();
                using var supervisor = Process.GetProcessById(bed.Supervisor("victim"));
                supervisor.Kill();
                run.WaitForExit();
                PodBed.Until(() => !PodBed.IsAlive(supervisor.Id), "the supervisor is gone");

                // A child that it was just making has its lock until it executes.
                PodBed.Until(() => !FileLock.IsHeld(file), "its lock is free");
            }

            var output = bed.Done("gc");

            if (Directory.Exists(bed.RunOf("victim")))
            {
                Assert.Equal("", output);
                Assert.Equal("Running", (string)bed.Status("victim")["phase"]!);
                bed.Done("rm", "-f", "victim");
            }
            else
            {
                Assert.Equal("removed pod \"default_victim\": its creator and its supervisor ended before it ran\n", output);
                collected++;
            }

            bed.AssertNothingLeft();
        }

        Assert.InRange(collected, 1, 20);
    }

    [Fact]
    public void Gc_gives_a_running_pod_a_new_supervisor_and_leaves_an_ended_one_until_it_is_asked_for()
    {
        RunTwo("kept");
        var supervisor = bed.Supervisor("kept");
        PodBed.Kill(supervisor);

        Assert.Equal("", bed.Done("gc", "--stopped"));

        Assert.NotEqual(supervisor, bed.Supervisor("kept"));
        bed.Done("stop", "-t", "0", "kept");
        Assert.Equal("", bed.Done("gc"));
        Assert.Equal("would remove pod \"default_kept\": it has ended\n", bed.Done("gc", "--stopped", "--dry-run"));
        Assert.Equal("removed pod \"default_kept\": it has ended\n", bed.Done("gc", "--stopped"));
        bed.AssertNothingLeft();
    }

    [Fact]
    public void Data_of_a_pod_whose_folder_is_gone_are_removed_and_those_of_another_hosts_pods_are_not()
    {
        RunTwo("gone");
        bed.Done("stop", "-t", "0", "gone");
        Directory.Delete(bed.RunOf("gone"), recursive: true);

        Assert.Equal("", PeapodCommand.Run("pod", "--run-root", bed.RunRoot + "-other", "--data-root", bed.DataRoot, "gc").Output);
        Assert.Equal($"removed data \"{bed.DataOf("gone")}\": its pod's folder is gone\n", bed.Done("gc"));

        bed.AssertNothingLeft();
    }

    [Fact]
    public void A_supervisor_that_hangs_does_not_keep_rm_force_from_its_work()
    {
        RunTwo("hung");
        Assert.Equal(0, PeapodCommand.Start("kill", "-STOP", $"{bed.Supervisor("hung")}").ExitCode);

        bed.Done("rm", "-f", "hung");

        bed.AssertNothingLeft();
    }

    private void RemoveIfThere()
    {
        if (Directory.Exists(bed.RunOf("victim")))
        {
            bed.Done("rm", "-f", "victim");
        }
    }

    private static void Spin(TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
        }
    }
}
