using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

public sealed class PodSeccompTests : IDisposable
{
    private const string Calls = "keyctl add_key request_key mount unshare clone clone3 bpf userfaultfd io_uring_setup kexec_load open_by_handle_at vsock alg algpair personality";

    private static readonly Lazy<string> Compiled = new(Compile);

    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{seccompProfile: {type: RuntimeDefault}}", "{seccompProfile: {type: Unconfined}}")]
    [Field("spec.containers[].securityContext.seccompProfile.type")]
    public void By_default_calls_that_reach_the_host_are_refused_and_the_others_work(string container, string pod)
    {
        var result = Run(container, pod, $"/t/calls {Calls} ptrace");

        Assert.Equal(string.Concat(Calls.Split(' ').Select(static call => $"{call} {(call == "clone3" ? "ENOSYS" : "EPERM")}\n")) + "ptrace done\n", result);
    }

    /// <summary>32-bit code, where the kernel runs it: the call that hides the family from the filter is not there.</summary>
    [SkippableFact]
    public void A_32_bit_program_makes_no_socket_by_socketcall()
    {
        Skip.If(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64, "the call is x86's");
        Skip.If(PeapodCommand.Start(Compiled.Value, "socketcall") is not { ExitCode: 0, Output: not "socketcall ENOSYS\n" }, "this kernel runs no 32-bit code");

        Assert.Equal("socketcall ENOSYS\n", Run("{}", "", "/t/calls socketcall"));
    }

    [Fact]
    public void Ordinary_programs_work_under_the_default_profile()
    {
        var output = Run("{}", "", "echo one | tr a-z A-Z; mkdir /w; seq 3 > /w/f; tar -C /w -cf - f | tar -tf -; (sleep 0.01; echo child) & wait; find /w -type f; chroot / true && echo root; grep Seccomp: /proc/self/status; httpd -p 127.0.0.1:8000 -h /w; wget -qO- http://127.0.0.1:8000/f");

        Assert.Equal("ONE\nf\nchild\n/w/f\nroot\nSeccomp:\t2\n1\n2\n3\n", output);
    }

    [Theory]
    [InlineData("{seccompProfile: {type: Unconfined}}", "")]
    [InlineData("{}", "{seccompProfile: {type: Unconfined}}")]
    [InlineData("{privileged: true, seccompProfile: {type: RuntimeDefault}}", "")]
    [Field("spec.securityContext.seccompProfile.type", "spec.containers[].securityContext.privileged")]
    public void Unconfined_and_privileged_have_no_filter(string container, string pod)
    {
        Assert.Equal("Seccomp:\t0\n", Run(container, pod, "grep Seccomp: /proc/self/status"));
    }

    [Fact]
    public void A_capability_brings_its_calls()
    {
        Assert.Equal("mount done\nunshare done\nkeyctl EPERM\n", Run("{capabilities: {add: [SYS_ADMIN]}}", "", "mkdir -p /tmp; /t/calls mount unshare keyctl"));
    }

    [Fact]
    [Field("spec.containers[].securityContext.seccompProfile.localhostProfile", "spec.securityContext.seccompProfile.localhostProfile")]
    public void A_profile_of_the_hosts_is_used_at_either_level_and_for_exec_too()
    {
        Directory.CreateDirectory($"{bed.DataRoot}/seccomp/mine");
        try
        {
            File.WriteAllText($"{bed.DataRoot}/seccomp/mine/nomkdir.json", """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}""");
            const string profile = "{seccompProfile: {type: Localhost, localhostProfile: mine/nomkdir.json}}";

            Assert.Equal("mkdir: can't create directory '/x': Permission denied\n", Run(profile, "", "mkdir /x 2>&1"));
            Assert.Equal("mkdir: can't create directory '/x': Permission denied\n", Run("{}", profile, "mkdir /x 2>&1"));
            Start("stays", profile, "", "sleep 100");
            Assert.Equal("mkdir: can't create directory '/x': Permission denied\n", bed.Pod("exec", "stays", "--", "mkdir", "/x").Error);
        }
        finally
        {
            Directory.Delete($"{bed.DataRoot}/seccomp", recursive: true);
        }
    }

    [Fact]
    public void A_profile_that_is_not_there_is_told_with_where_it_should_be()
    {
        var result = Start("none", "{seccompProfile: {type: Localhost, localhostProfile: none.json}}", "", "true");

        Assert.Contains($"securityContext.seccompProfile.localhostProfile: \"none.json\": there is no such file in /etc/peapod/seccomp or {bed.DataRoot}/seccomp", result.Error + Reason("none"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_filter_is_compiled_once_for_all_pods()
    {
        Assert.Equal("a\n", Run("{}", "", "echo a"));
        Assert.Equal("b\n", Run("{}", "", "echo b"));
        Assert.Equal("c\n", Run("{capabilities: {add: [SYS_TIME]}}", "", "echo c"));

        Assert.Equal(2, Directory.GetFiles($"{bed.RunRoot}/seccomp").Length);
    }

    [Fact]
    public void A_filter_of_another_version_goes_with_gc()
    {
        Assert.Equal("a\n", Run("{}", "", "echo a"));
        var good = Directory.GetFiles($"{bed.RunRoot}/seccomp").Single();
        var content = File.ReadAllBytes(good);
        content[20 + BitConverter.ToInt32(content, 8)] ^= 1; // the device that the executable lies on
        File.WriteAllBytes($"{bed.RunRoot}/seccomp/other", content);

        Assert.Equal($"removed filter \"{bed.RunRoot}/seccomp/other\": another version of peapod compiled it\n", bed.Done("gc"));
        Assert.Equal([good], Directory.GetFiles($"{bed.RunRoot}/seccomp"));
    }

    private string Run(string container, string pod, string script)
    {
        var result = Start("calls", container, pod, script);
        Assert.True(result.ExitCode == 0, result.Error);
        var logs = bed.Done("logs", "-f", "calls");
        bed.Done("rm", "-f", "calls");
        return logs;
    }

    private CommandResult Start(string name, string container, string pod, string script) => bed.RunSpec(name, $$"""
          restartPolicy: Never
          securityContext: {{(pod.Length == 0 ? "{}" : pod)}}
          volumes:
          - name: t
            hostPath:
              path: {{Path.GetDirectoryName(Compiled.Value)}}
          containers:
          - name: c
            image: localhost/busybox
            command: [sh, -c, "{{script}}"]
            volumeMounts: [{name: t, mountPath: /t}]
            securityContext: {{container}}
        """);

    /// <summary>Why the container does not run, when the pod was made without it.</summary>
    private string Reason(string pod) => Directory.Exists(bed.RunOf(pod)) ? bed.Inspect(pod).ToJsonString() : "";

    private static string Compile()
    {
        var folder = Directory.CreateTempSubdirectory("peapod-calls-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var source = Path.GetFullPath(Path.Combine(PeapodCommand.Out, "..", "tests/Peapod.HostTests/Pods/calls.c"));
        var result = PeapodCommand.Start("gcc", "-O2", "-static", "-o", $"{folder}/calls", source);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(0, PeapodCommand.Start("chmod", "755", folder).ExitCode);
        return $"{folder}/calls";
    }
}
