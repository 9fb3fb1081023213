using Peapod.Pod.Cli.Units;

namespace Peapod.UnitTests.Cli;

public sealed class SystemdUnitTests
{
    [Fact]
    public void A_unit_begins_and_ends_with_commands_of_ours() =>
        Assert.Equal("""
            # Made by: peapod pod generate systemd
            [Unit]
            Description=Kubernetes pod web (Peapod)
            Wants=network-online.target
            After=network-online.target local-fs.target
            RequiresMountsFor=/var/lib/peapod /etc/peapod/pods

            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart=/usr/local/bin/peapod pod apply -f /etc/peapod/pods/web.yaml
            ExecReload=/usr/local/bin/peapod pod apply -f /etc/peapod/pods/web.yaml
            ExecStop=/usr/local/bin/peapod pod delete --ignore-not-found --only-pods -f /etc/peapod/pods/web.yaml
            TimeoutStartSec=infinity
            TimeoutStopSec=45

            [Install]
            WantedBy=multi-user.target

            """, new SystemdUnit
        {
            Description = "Kubernetes pod web (Peapod)", Command = ["/usr/local/bin/peapod"], Manifest = "/etc/peapod/pods/web.yaml", Folders = ["/var/lib/peapod", "/etc/peapod/pods"], GraceSeconds = 30, Pods = 1,
        }.ToText());

    [Fact]
    public void Words_that_systemd_would_read_otherwise_are_quoted() =>
        Assert.Contains("\nExecStart=/p pod --run-root \"/my run\" apply -f \"/a b/50%%/$$x\\\"y\\\\z.yaml\"\n", new SystemdUnit
        {
            Description = "50%", Command = ["/p"], PodFlags = ["--run-root", "/my run"], Manifest = "/a b/50%/$x\"y\\z.yaml", Folders = [], GraceSeconds = 0, Pods = 1,
        }.ToText());

    [Theory]
    [InlineData(8, 30 + 15 + 2)]
    [InlineData(256, 30 + 15 + 64)]
    [InlineData(257, 60 + 15 + 64)]
    public void A_stop_may_take_as_long_as_the_deletion_of_so_many_pods(int pods, int seconds) =>
        Assert.Contains(
            $"\nTimeoutStopSec={seconds}\n",
            new SystemdUnit { Description = "many", Command = ["/p"], Manifest = "/m.yaml", Folders = [], GraceSeconds = 30, Pods = pods }.ToText(),
            StringComparison.Ordinal);
}
