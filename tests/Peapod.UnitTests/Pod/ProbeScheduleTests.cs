using System.Net;
using Peapod.Pod.Objects;
using Peapod.Pod.Supervision.Probes;

namespace Peapod.UnitTests.Pod;

public sealed class ProbeScheduleTests
{
    [Fact]
    [Field("spec.containers[].startupProbe.initialDelaySeconds", "spec.containers[].startupProbe.periodSeconds", "spec.containers[].livenessProbe.initialDelaySeconds", "spec.containers[].livenessProbe.periodSeconds", "spec.containers[].readinessProbe.initialDelaySeconds", "spec.containers[].readinessProbe.periodSeconds")]
    public void The_first_question_comes_after_the_initial_delay_and_the_others_a_period_apart()
    {
        var schedule = new ProbeSchedule(new Probe { InitialDelaySeconds = 5, PeriodSeconds = 3 }, true, 1_000, 0);

        Assert.Equal(6_000, schedule.NextAt);
        schedule.Ask(6_010);
        Assert.Equal(9_000, schedule.NextAt);
    }

    [Fact]
    public void An_answer_that_took_longer_than_a_period_does_not_make_the_next_questions_come_in_a_heap()
    {
        var schedule = new ProbeSchedule(new Probe { PeriodSeconds = 1 }, false, 0, 0);

        schedule.Ask(5_500);

        Assert.Equal(6_500, schedule.NextAt);
    }

    [Fact]
    public void Defaults_are_ten_seconds_one_second_one_success_three_failures()
    {
        var schedule = new ProbeSchedule(new Probe(), false, 0, 0);
        Assert.Equal((0, 1_000), (schedule.NextAt, schedule.Timeout));
        schedule.Ask(0);
        Assert.Equal(10_000, schedule.NextAt);
        Assert.True(schedule.Answer(true));
        Assert.Equal((false, true, false, true, true, false), (schedule.Answer(false), schedule.Result, schedule.Answer(false), schedule.Result, schedule.Answer(false), schedule.Result));
    }

    [Fact]
    public void Whether_a_container_is_ready_is_asked_at_once_and_whether_it_lives_or_has_started_after_a_second()
    {
        Assert.Equal((500, 1_500, 1_500), (First(false), First(true), First(null)));

        static long First(bool? initially) => new ProbeSchedule(new Probe(), initially, 500, 0).NextAt;
    }

    [Fact]
    [Field("spec.containers[].startupProbe.successThreshold", "spec.containers[].startupProbe.failureThreshold", "spec.containers[].livenessProbe.successThreshold", "spec.containers[].livenessProbe.failureThreshold", "spec.containers[].readinessProbe.successThreshold", "spec.containers[].readinessProbe.failureThreshold")]
    public void Only_answers_in_a_row_count()
    {
        var schedule = new ProbeSchedule(new Probe { FailureThreshold = 2, SuccessThreshold = 2 }, false, 0, 0);

        Assert.Equal([false, false, false, true, true], new[] { true, false, true, true, true }.Select(schedule.Answer));
        Assert.True(schedule.Result);
        Assert.Equal([false, false, false, true], new[] { false, true, false, false }.Select(schedule.Answer));
        Assert.False(schedule.Result);
    }

    [Fact]
    public void A_probe_that_waits_for_the_startup_probe_begins_then_or_after_its_own_delay()
    {
        Assert.Equal(20_000, new ProbeSchedule(new Probe { InitialDelaySeconds = 5 }, true, 0, 20_000).NextAt);
        Assert.Equal(30_000, new ProbeSchedule(new Probe { InitialDelaySeconds = 30 }, true, 0, 20_000).NextAt);
    }

    [Fact]
    public void A_port_may_be_a_name_of_the_containers_ports()
    {
        var container = new ContainerSpec { Name = "c", Ports = [new() { Name = "web", Number = 8080 }] };

        Assert.Equal(8080, Attempts.PortOf(container, new(0, "web")));
        Assert.Equal(81, Attempts.PortOf(container, new(81, null)));
        Assert.Equal("couldn't find port: container \"c\" has no port named \"no\"", Assert.Throws<Peapod.Pod.PodException>(() => Attempts.PortOf(container, new(0, "no"))).Message);
    }

    [Theory]
    [InlineData("127.0.0.1 localhost\n10.0.0.1\tdb  database # old", "database", "10.0.0.1")]
    [InlineData("::1 localhost\n", "LOCALHOST", "::1")]
    [InlineData("10.0.0.1 a # b", "b", null)]
    public void A_host_that_is_no_address_is_looked_up_in_the_hosts_file(string hosts, string name, string? address) =>
        Assert.Equal(address is null ? null : IPAddress.Parse(address), Attempts.HostsEntry(name, hosts));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: b", 200)]
    [InlineData("HTTP/1.0 404", 404)]
    [InlineData("HTTP/1.1 20", null)]
    [InlineData("SSH-2.0-OpenSSH", null)]
    public void The_status_is_read_from_the_first_line(string head, int? status) => Assert.Equal(status, HttpAttempt.StatusOf(head));

    [Fact]
    public void Headers_of_the_manifest_go_over_the_kubelets_own()
    {
        Assert.Equal(
            "GET /x?y HTTP/1.1\r\nHost: 10.0.0.1:80\r\nUser-Agent: kube-probe/1.34\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            HttpAttempt.Request("/x?y", "10.0.0.1:80", []));
        Assert.Equal(
            "GET / HTTP/1.1\r\nHost: other\r\nAccept: text/plain\r\nX-A: 1\r\nConnection: close\r\n\r\n",
            HttpAttempt.Request("/", "10.0.0.1:80", [new() { Name = "host", Value = "other" }, new() { Name = "User-Agent" }, new() { Name = "X-A", Value = "1" }, new() { Name = "accept", Value = "text/plain" }]));
    }

    [Theory]
    [InlineData(new byte[] { 8, 1 }, 1)]
    [InlineData(new byte[] { 8, 2 }, 2)]
    [InlineData(new byte[0], 0)]
    public void The_status_of_a_health_answer_is_its_first_field(byte[] answer, int status) => Assert.Equal(status, GrpcAttempt.StatusOf(answer));
}
