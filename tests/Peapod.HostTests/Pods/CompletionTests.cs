using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class CompletionTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    private string[] Complete(string line) => PeapodCommand.Run("__complete", line).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string Roots => $"--run-root {bed.RunRoot} --data-root {bed.DataRoot}";

    [Fact]
    public void Commands_and_flags()
    {
        Assert.Equal(["completion", "create"], Complete("peapod c").Intersect(["completion", "create"]));
        Assert.Equal(["pod"], Complete("peapod po"));
        Assert.Equal(["plan", "port-forward", "ps"], Complete("peapod pod p"));
        Assert.Equal(["--selector", "--show-labels", "--sort-by"], Complete("peapod pod ps --s").Order(StringComparer.Ordinal));
        Assert.Equal(["inspect", "load", "ls", "prune", "pull", "push", "rm", "save", "tag"], Complete("peapod image "));
        Assert.Equal(["bash", "fish", "zsh"], Complete("peapod completion "));
        Assert.Contains("--bundle", Complete("peapod create --b"));
    }

    [Fact]
    public void Names_of_pods_containers_and_images()
    {
        Assert.Equal(0, bed.RunSpec("web-one", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: front, image: localhost/busybox, command: [sleep, "100"]}
              - {name: back, image: localhost/busybox, command: [sleep, "100"]}
            """).ExitCode);

        Assert.Equal(["web-one"], Complete($"peapod pod {Roots} describe "));
        Assert.Equal(["web-one"], Complete($"peapod pod {Roots} logs we"));
        Assert.Equal(["back", "front"], Complete($"peapod pod {Roots} logs web-one -c "));
        Assert.Equal(["front"], Complete($"peapod pod {Roots} logs web-one -c f"));
        Assert.Equal(["localhost/busybox:latest"], Complete($"peapod image --data-root {bed.DataRoot} rm localhost/b"));
    }

    [Fact]
    public void Bash_completes_a_line()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");
        var script = bed.Write("try", $$"""
            PATH={{PeapodCommand.Out}}:$PATH
            source <(peapod completion bash)
            complete -p peapod
            COMP_LINE="peapod pod {{Roots}} describe w"
            COMP_POINT=${#COMP_LINE}
            compopt() { :; }
            _peapod
            printf '%s\n' "${COMPREPLY[@]}"
            """);

        Assert.Equal("complete -F _peapod peapod\nweb\n", PeapodCommand.Start("bash", script).Output);
    }

    [SkippableFact]
    public void Zsh_completes_a_line()
    {
        Skip.IfNot(File.Exists("/usr/bin/zsh") || File.Exists("/bin/zsh"), "zsh is not installed here");
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");
        var script = bed.Write("try", $$"""
            PATH={{PeapodCommand.Out}}:$PATH
            compdef() { print "compdef $*"; }
            compadd() { print "compadd $*"; }
            source <(peapod completion zsh)
            words=(peapod pod {{Roots}} describe w)
            CURRENT=$#words
            _peapod
            words=(peapod pod {{Roots}} ps --show-l)
            _peapod
            """);

        var result = PeapodCommand.Start("zsh", "-f", script);

        Assert.Equal(("compdef _peapod peapod\ncompadd -- web\ncompadd -- --show-labels\n", ""), (result.Output, result.Error));
    }

    [SkippableFact]
    public void Fish_completes_a_line()
    {
        Skip.IfNot(File.Exists("/usr/bin/fish") || File.Exists("/bin/fish"), "fish is not installed here");
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");
        var script = bed.Write("try", $$"""
            set -x PATH {{PeapodCommand.Out}} $PATH
            peapod completion fish | source
            complete -C "peapod pod {{Roots}} describe w"
            complete -C "peapod pod {{Roots}} ps --show-l"
            """);

        var result = PeapodCommand.Start("fish", "--no-config", script);

        Assert.Equal(("web\n--show-labels\n", ""), (result.Output, result.Error));
    }

    /// <summary>Each command says what it does, in one line where all are listed, and with examples in its own help.</summary>
    [Fact]
    public void Help_teaches()
    {
        var help = PeapodCommand.Run("pod", "--help").Output;

        foreach (var command in new[] { "run", "apply", "plan", "diff", "edit", "delete", "ps", "get", "inspect", "describe", "why", "explain", "events", "logs", "exec", "attach", "debug", "cp", "port-forward", "top", "stats", "wait", "create", "set", "label", "annotate", "update", "start", "restart", "kill", "stop", "rm", "generate", "gc", "version" })
        {
            Assert.Matches($"\n  ([a-z]+, )*{command} .*   *[a-z]", help);
            var own = PeapodCommand.Run("pod", command, "--help");
            Assert.True(own.ExitCode == 0 && own.Output.Contains("Usage:"), own.Error);
        }

        Assert.DoesNotContain("peapod pod run -f", help);
        Assert.Contains("peapod pod run -f web.yaml", PeapodCommand.Run("pod", "run", "--help").Output);
    }
}
