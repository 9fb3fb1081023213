using Peapod.Container.Plans;
using Peapod.Container.Seccomp;
using Peapod.Oci;

namespace Peapod.UnitTests.Container;

public class FilterAnswerTests
{
    private const uint ReturnAllow = 0x7fff0000;

    private static readonly InitCall[] Calls =
        [InitCall.CapSet, InitCall.Birth, InitCall.Read, InitCall.Write, InitCall.Close, InitCall.ExitGroup, InitCall.SetSid, InitCall.SetTerminal];

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW"}""", "")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO"}""", "capset clone read write close exit_group setsid ioctl")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["clone", "setsid"], "action": "SCMP_ACT_KILL"}]}""", "clone setsid")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG"}, {"names": ["write"], "action": "SCMP_ACT_NOTIFY"}]}""", "write")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 21518, "op": "SCMP_CMP_EQ"}]}]}""", "ioctl")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}]}""", "capset read write close exit_group setsid ioctl")]
    public void A_filters_answers_are_the_kernels(string seccomp, string refused)
    {
        var filter = Compile(seccomp);

        Assert.Equal(refused, string.Join(' ', Calls.Where(call => !FilterAnswer.Allows(filter, call)).Select(static call => call.Name)));
        if (!seccomp.Contains("LOG", StringComparison.Ordinal))
        {
            Assert.All(Calls, call => Assert.Equal(
                FilterMachine.Run(filter.Program.Span, call.Number, InitCall.Architecture, call.First, call.Second) == ReturnAllow, FilterAnswer.Allows(filter, call)));
        }
    }

    /// <summary>An empty program, one that reads beyond its data, and one that jumps out of itself.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("2000000040000000060000000000ff7f")]
    [InlineData("05000000ffffffff")]
    public void What_is_no_filter_allows_nothing(string program) =>
        Assert.False(FilterAnswer.Allows(new SeccompFilter(Convert.FromHexString(program), 0), InitCall.Read));

    [Theory]
    [InlineData("clone", false, "clone")]
    [InlineData("capset", false, "capset")]
    [InlineData("capset", true, null)]
    [InlineData("exit_group", true, "exit_group")]
    [InlineData("setsid", false, null)]
    public void A_filter_that_refuses_what_is_left_to_do_is_held_off(string call, bool noNewPrivileges, string? refused)
    {
        var spec = With($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["{{call}}"], "action": "SCMP_ACT_KILL"}]}""");

        var plan = PlanCompiler.CompileExec(new ExecPlanRequest { Container = spec, Process = spec.Process! with { Terminal = false, NoNewPrivileges = noNewPrivileges } });

        Assert.Equal(refused, plan.Init.SingleOrDefault(static operation => operation.Text.StartsWith("have the ", StringComparison.Ordinal))?.Source);
        Assert.Equal(call != "setsid" ? 1UL : 0, plan.Init.Single(static operation => operation.Code == PlanCode.Birth).A);
        Assert.Equal([PlanCode.CloseFds, PlanCode.Seccomp, PlanCode.Birth, PlanCode.Exec], plan.Init.TakeLast(4).Select(static operation => operation.Code));
    }

    private static Spec With(string seccomp) => Spec.Parse(System.Text.Encoding.UTF8.GetBytes($$"""
        {"ociVersion": "1.0.0", "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": []}, "root": {"path": "rootfs"},
         "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}], "seccomp": {{seccomp}} } }
        """));

    private static SeccompFilter Compile(string seccomp) => SeccompCompiler.Compile(With(seccomp).Linux!.Seccomp!);
}
