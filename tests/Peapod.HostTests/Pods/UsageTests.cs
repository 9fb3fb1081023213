using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>Command lines that cannot be understood: one sentence, and where help is.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Theory]
    [InlineData("pod runn", "unknown command \"runn\" for \"peapod pod\", did you mean \"run\"?", "pod")]
    [InlineData("image foo", "unknown command \"foo\" for \"peapod image\"", "image")]
    [InlineData("pod ps --nope", "unknown flag: --nope", "pod ps")]
    [InlineData("pod ps --al", "unknown flag: --al, did you mean \"--all-namespaces\"?", "pod ps")]
    [InlineData("pod rm web --forse", "unknown flag: --forse, did you mean \"--force\"?", "pod rm")]
    [InlineData("pod kill -9 web", "unknown flag: -9", "pod kill")]
    [InlineData("pod run --image localhost/busybox web sh -c true", "unknown flag: -c\n  the container's own command and its flags go behind --", "pod run")]
    [InlineData("pod exec", "pod exec needs POD and COMMAND", "pod exec")]
    [InlineData("pod exec web", "pod exec needs COMMAND", "pod exec")]
    [InlineData("pod wait web", "pod wait needs --for CONDITION", "pod wait")]
    [InlineData("pod wait web --for", "flag needs an argument: --for", "pod wait")]
    [InlineData("pod stop web -t soon", "invalid argument \"soon\" for --time: expected a number", "pod stop")]
    [InlineData("pod logs web --tail=few", "invalid argument \"few\" for --tail: expected a number", "pod logs")]
    [InlineData("pod run --image a b --restart Sometimes", "invalid argument \"Sometimes\" for --restart: expected Always or Never or OnFailure", "pod run")]
    [InlineData("pod cp a b c", "pod cp has no use for the argument \"c\"", "pod cp")]
    [InlineData("completion csh", "invalid argument \"csh\" for SHELL: expected bash or fish or zsh", "completion")]
    public void Is_told_in_one_sentence(string line, string sentence, string help)
    {
        var result = PeapodCommand.Run(line.Split(' '));

        Assert.Equal(("", $"peapod: {sentence}\n  see peapod {help} --help\n", 1), (result.Output, result.Error, result.ExitCode));
    }

    [Theory]
    [InlineData("pod")]
    [InlineData("image")]
    [InlineData("pod generate")]
    public void A_group_of_commands_lists_them(string line)
    {
        var result = PeapodCommand.Run(line.Split(' '));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(PeapodCommand.Run([.. line.Split(' '), "--help"]).Output, result.Output);
    }

    [Fact]
    public void Flags_behind_the_dashes_are_the_containers()
    {
        bed.Done("run", "--image", "localhost/busybox", "web", "--", "sleep", "100");

        Assert.Equal("-l --all\n", bed.Done("exec", "web", "--", "echo", "-l", "--all"));
        var bare = bed.Pod("exec", "web", "sh", "-c", "echo");
        Assert.Equal((1, "peapod: the command must stand behind --, so that its flags are not taken for ours\n  peapod pod exec web -- sh ...\n"), (bare.ExitCode, bare.Error));
        var missing = bed.Pod("exec", "web", "--", "nothing-of-the-kind");
        Assert.Equal((127, "peapod: container \"web\": command: exec: \"nothing-of-the-kind\": executable file not found in $PATH\n"), (missing.ExitCode, missing.Error));
        var pipe = bed.Pod("exec", "-it", "web", "--", "sh", "-c", "tty; echo here");
        Assert.Equal(("not a tty\nhere\n", "Unable to use a TTY - input is not a terminal or the right kind of file\n"), (pipe.Output, pipe.Error));
    }

    [Fact]
    public void Run_takes_a_manifest_or_an_image_and_kubectls_flags()
    {
        var both = bed.Pod("run", "-f", "web.yaml", "--image", "localhost/busybox", "web");
        Assert.Equal((1, "peapod: -f and --image: only one of them can say what shall run\n"), (both.ExitCode, both.Error));
        Assert.Equal("peapod: NAME \"web\": goes with --image; a manifest has its own names\n", bed.Pod("run", "-f", "web.yaml", "web").Error);
        Assert.Equal(
            "peapod: image \"localhost/none\" (localhost/none:latest) is not in " + bed.DataRoot + "/images\n  \"peapod image ls\" lists what is there, \"peapod image load PATH\" brings an image in\n",
            bed.Pod("run", "--image", "localhost/none", "web").Error);

        bed.Done("run", "--image", "localhost/busybox", "web", "-e", "A=b", "-l", "app=web,tier=front", "--restart", "OnFailure", "--requests", "cpu=50m", "--command", "--", "sleep", "100");

        Assert.Equal("OnFailure [\"sleep\",\"100\"] b web 50m", bed.Done(
            "inspect", "web", "-o", "jsonpath={.spec.restartPolicy} {.spec.containers[0].command} {.spec.containers[0].env[0].value} {.metadata.labels.app} {.spec.containers[0].resources.requests.cpu}"));
    }

    [Fact]
    public void Of_several_pods_the_one_that_cannot_start_is_named()
    {
        var manifest = PodBed.Manifest("good", "  containers: [{name: c, image: localhost/busybox, command: [sleep, '100']}]") + "---\n"
            + PodBed.Manifest("bad", "  containers: [{name: c, image: localhost/busybox}]\n  volumes: [{name: v, hostPath: {path: /no/such/thing, type: Directory}}]");

        var result = bed.Pod("run", "-f", bed.Write("two.yaml", manifest));

        Assert.Equal(("pod/good created\n", "peapod: pod \"bad\": volume \"v\": hostPath \"/no/such/thing\" does not exist\n", 1), (result.Output, result.Error, result.ExitCode));
        Assert.Equal("pod/good\n", bed.Done("ps", "-o", "name"));
    }

    [Fact]
    public void All_pods_of_all_namespaces_can_be_deleted()
    {
        bed.Done("run", "--image", "localhost/busybox", "here", "--", "sleep", "100");
        bed.Done("run", "-n", "there", "--image", "localhost/busybox", "away", "--", "sleep", "100");

        Assert.Equal("peapod: -A: goes with --all and -l only\n", bed.Pod("delete", "-A", "here").Error);
        Assert.Equal(["pod \"away\" deleted", "pod \"here\" deleted"], bed.Done("delete", "--all", "-A", "--force").TrimEnd('\n').Split('\n').Order());
    }

    [Fact]
    public void Images_are_listed_in_columns_or_by_their_names()
    {
        Assert.Matches("^NAME +IMAGE ID +SIZE\n", bed.Image("ls").Output);
        Assert.Contains("localhost/busybox:latest\n", bed.Image("ls", "-q").Output, StringComparison.Ordinal);
        var both = bed.Image("rm", "localhost/none", "localhost/neither");
        Assert.Equal((1, 2), (both.ExitCode, both.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }
}
