using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Life;

namespace Peapod.UnitTests.Pod;

public sealed class PodLifeTests
{
    private const ContainerRole Init = ContainerRole.Init;
    private const ContainerRole Sidecar = ContainerRole.Sidecar;
    private const ContainerRole Main = ContainerRole.Main;

    [Fact]
    public void Init_containers_run_one_after_the_other_and_the_containers_after_them()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Init, Init, Main, Main);

        Assert.Equal([0], pod.Running);
        pod.End(0, 0);
        Assert.Equal([1], pod.Running);
        Assert.False(pod.IsInitialized);
        pod.End(1, 0);
        Assert.Equal([2, 3], pod.Running);
        Assert.True(pod.IsInitialized);
    }

    [Fact]
    public void With_restart_policy_Never_a_failed_init_container_ends_the_pod()
    {
        var pod = new SimulatedPod(RestartPolicy.Never, Init, Main);

        pod.End(0, 3);

        Assert.True(pod.HasEnded);
        Assert.Equal(0, pod.Starts[1]);
        Assert.Equal(PodPhase.Failed, pod.Report().Phase);
    }

    [Theory]
    [InlineData(RestartPolicy.Always)]
    [InlineData(RestartPolicy.OnFailure)]
    public void With_other_policies_a_failed_init_container_is_tried_again_with_back_off(RestartPolicy policy)
    {
        var pod = new SimulatedPod(policy, Init, Main);

        pod.End(0, 3);
        Assert.Equal((2, true), (pod.Starts[0], pod.Running.Contains(0)));
        pod.End(0, 3);
        Assert.Empty(pod.Running);
        pod.Pass(9_999);
        Assert.Empty(pod.Running);
        pod.Pass(1);
        Assert.Equal([0], pod.Running);
        pod.End(0, 0);
        Assert.Equal([1], pod.Running);
    }

    [Fact]
    public void A_sidecar_holds_up_what_comes_after_it_until_it_has_started_and_stays()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Sidecar, Init, Main) { StartsByItself = false };
        pod.Settle();

        Assert.Equal([0], pod.Running);
        pod.Started(0);
        Assert.Equal([0, 1], pod.Running);
        pod.End(1, 0);
        Assert.Equal([0, 2], pod.Running);
    }

    [Fact]
    public void A_sidecar_that_ends_is_started_again_whatever_the_pods_policy_and_the_containers_go_on()
    {
        var pod = new SimulatedPod(RestartPolicy.Never, Sidecar, Main);

        pod.End(0, 0);

        Assert.Equal([0, 1], pod.Running);
        Assert.Equal((2, 1), (pod.Starts[0], pod.Starts[1]));
    }

    [Fact]
    public void Sidecars_are_stopped_last_and_in_reverse_order()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Sidecar, Sidecar, Main, Main) { EndsWhenStopped = false };
        pod.Settle();

        pod.Stop(30);
        Assert.Equal([2, 3], pod.Stopping);
        pod.End(2, 143);
        Assert.Equal([3], pod.Stopping);
        pod.End(3, 143);
        Assert.Equal([1], pod.Stopping);
        pod.End(1, 143);
        Assert.Equal([0], pod.Stopping);
        pod.End(0, 143);
        Assert.True(pod.HasEnded);
    }

    [Fact]
    public void Sidecars_have_what_the_containers_left_of_the_grace_period_but_two_seconds_at_least()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Sidecar, Main) { EndsWhenStopped = false };
        pod.Settle();

        pod.Stop(30);
        Assert.Equal(30_000, pod.Graces[1]);
        pod.Pass(10_000);
        pod.End(1, 0);
        Assert.Equal(20_000, pod.Graces[0]);

        pod = new SimulatedPod(RestartPolicy.Always, Sidecar, Main) { EndsWhenStopped = false };
        pod.Settle();
        pod.Stop(30);
        pod.Pass(31_000);
        pod.End(1, 137);
        Assert.Equal(PodLife.LeastGrace, pod.Graces[0]);
    }

    [Fact]
    public void Without_a_grace_period_all_are_stopped_at_once()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Sidecar, Main) { EndsWhenStopped = false };
        pod.Settle();

        pod.Stop(0);

        Assert.Equal([0, 1], pod.Stopping);
        Assert.Equal((0, 0), (pod.Graces[0], pod.Graces[1]));
    }

    [Fact]
    public void When_the_containers_have_ended_for_good_the_sidecars_are_stopped_and_do_not_count()
    {
        var pod = new SimulatedPod(RestartPolicy.OnFailure, Sidecar, Main);

        pod.End(1, 0);

        Assert.True(pod.HasEnded);
        Assert.Equal(PodPhase.Succeeded, pod.Report().Phase);
    }

    [Fact]
    public void A_containers_own_restart_policy_goes_before_the_pods()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Main, Main);
        pod.Policies[0] = RestartPolicy.Never;

        pod.End(0, 1);
        pod.End(1, 1);

        Assert.Equal((1, 2), (pod.Starts[0], pod.Starts[1]));
        Assert.False(pod.HasEnded);
    }

    [Fact]
    public void The_next_container_begins_when_the_postStart_of_the_one_before_is_done()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Main, Main) { HasPostStart = true };
        pod.Settle();

        Assert.Equal([0], pod.Running);
        pod.PostStartDone(0);
        Assert.Equal([0, 1], pod.Running);
    }

    [Fact]
    public void A_pod_that_has_been_active_too_long_is_stopped()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Main) { DeadlineAt = 60_000 };
        pod.Settle();

        Assert.Equal(60_000, pod.WakeAt);
        pod.Pass(59_999);
        Assert.False(pod.HasEnded);
        pod.Pass(1);
        Assert.True(pod.HasExpired && pod.HasEnded);
    }

    [Fact]
    public void An_ephemeral_container_starts_at_once_never_again_and_does_not_keep_the_pod()
    {
        var pod = new SimulatedPod(RestartPolicy.Never, Init, Main, ContainerRole.Ephemeral);

        Assert.Equal([0, 2], pod.Running);
        pod.End(2, 1);
        Assert.Equal(1, pod.Starts[2]);
        pod.End(0, 0);
        pod.End(1, 0);
        Assert.True(pod.HasEnded);
        Assert.Equal(PodPhase.Succeeded, pod.Report().Phase);
    }

    [Fact]
    public void Ten_thousand_restarts_come_after_pauses_of_ten_seconds_to_five_minutes()
    {
        var pod = new SimulatedPod(RestartPolicy.Always, Main);
        var pauses = new List<long>();
        for (var run = 0; run < 10_000; run++)
        {
            var ended = pod.Now;
            pod.End(0, 1);
            while (pod.Running.Count == 0)
            {
                pod.Pass(pod.WakeAt - pod.Now);
            }

            pauses.Add(pod.Now - ended);
        }

        Assert.Equal([0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000], pauses.Take(8));
        Assert.All(pauses.Skip(8), static pause => Assert.Equal(300_000, pause));
        Assert.Equal(10_001, pod.Starts[0]);
    }

    [Fact]
    public void Ten_minutes_that_went_well_end_the_back_off()
    {
        var backOff = default(BackOff);
        Assert.Equal(5, backOff.Next(0, 5));
        Assert.Equal(10_006, backOff.Next(5, 6));
        Assert.Equal(20_008, backOff.Next(6, 8));
        Assert.Equal(BackOff.Reset + 8, backOff.Next(8, BackOff.Reset + 8));
        Assert.Equal(0, backOff.Pause);
    }

    [Fact]
    public void Conditions_follow_the_containers_and_keep_the_time_of_their_change()
    {
        var pod = new SimulatedPod(RestartPolicy.Never, Init, Main) { StartsByItself = false };
        pod.Settle();

        var before = pod.Report();
        Assert.Equal(PodPhase.Pending, before.Phase);
        Assert.Equal(
            [("PodReadyToStartContainers", "True", null), ("Initialized", "False", "ContainersNotInitialized"), ("Ready", "False", "ContainersNotReady"), ("ContainersReady", "False", "ContainersNotReady"), ("PodScheduled", "True", null)],
            before.Conditions.Select(static condition => (condition.Type, condition.Status, condition.Reason)));
        Assert.Equal("containers with incomplete status: [c0]", before.Conditions[1].Message);
        Assert.Equal("containers with unready status: [c1]", before.Conditions[2].Message);

        pod.End(0, 0);
        pod.Started(1);
        pod.Time = pod.Time.AddMinutes(1);
        var running = pod.Report();
        Assert.Equal((PodPhase.Running, "True"), (running.Phase, string.Join(' ', running.Conditions.Select(static condition => condition.Status).Distinct())));
        Assert.Equal(before.Conditions[0].LastTransitionTime, running.Conditions[0].LastTransitionTime);
        Assert.Equal(pod.Time, running.Conditions[1].LastTransitionTime);

        pod.End(1, 0);
        var over = pod.Report();
        Assert.Equal((PodPhase.Succeeded, "PodCompleted", "PodCompleted"), (over.Phase, over.Conditions[1].Reason, over.Conditions[2].Reason));
    }
}
