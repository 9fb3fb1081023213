using System.Text;
using Peapod.Container.Seccomp;
using Peapod.Oci;
using Peapod.Tests;

namespace Peapod.UnitTests.Container;

public class SeccompCompilerTests
{
    private const uint X86_64 = 0xc000003e, X86 = 0x40000003, S390X = 0x80000016;
    private const uint Read = 0, Mkdir = 83, Statx = 332, X32 = 0x40000000;
    private const uint Allow = 0x7fff0000, Eperm = 0x00050001, Enosys = 0x00050026, Kill = 0;

    [Theory]
    [InlineData("SCMP_ACT_KILL", "", 0x00000000)]
    [InlineData("SCMP_ACT_KILL_THREAD", "", 0x00000000)]
    [InlineData("SCMP_ACT_KILL_PROCESS", "", 0x80000000)]
    [InlineData("SCMP_ACT_TRAP", "", 0x00030000)]
    [InlineData("SCMP_ACT_ERRNO", "", 0x00050001)]
    [InlineData("SCMP_ACT_ERRNO", ", \"errnoRet\": 0", 0x00050000)]
    [InlineData("SCMP_ACT_ERRNO", ", \"errnoRet\": 4094", 0x00050ffe)]
    [InlineData("SCMP_ACT_TRACE", "", 0x7ff00001)]
    [InlineData("SCMP_ACT_TRACE", ", \"errnoRet\": 7", 0x7ff00007)]
    [InlineData("SCMP_ACT_NOTIFY", "", 0x7fc00000)]
    [InlineData("SCMP_ACT_LOG", "", 0x7ffc0000)]
    public void An_action_is_the_kernels(string action, string errno, uint answer)
    {
        var filter = Compile($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "{{action}}"{{errno}}}]}""");

        Assert.Equal(answer, FilterMachine.Run(filter, Mkdir, X86_64));
        Assert.Equal(Allow, FilterMachine.Run(filter, Read, X86_64));
    }

    [Theory]
    [InlineData("SCMP_CMP_NE", "101")]
    [InlineData("SCMP_CMP_LT", "100")]
    [InlineData("SCMP_CMP_LE", "110")]
    [InlineData("SCMP_CMP_EQ", "010")]
    [InlineData("SCMP_CMP_GE", "011")]
    [InlineData("SCMP_CMP_GT", "001")]
    public void All_64_bits_of_an_argument_are_compared(string comparison, string denied)
    {
        var filter = Compile($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 5, "value": {{1UL << 40}}, "op": "{{comparison}}"}]}]}""");

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(denied[i] == '1' ? Eperm : Allow, FilterMachine.Run(filter, Mkdir, X86_64, 0, 0, 0, 0, 0, (1UL << 40) + (ulong)i - 1));
        }
    }

    [Fact]
    public void A_call_newer_than_the_profile_gives_ENOSYS_where_the_profile_refuses_by_default()
    {
        var filter = Compile("""{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [{"names": ["read", "statx"], "action": "SCMP_ACT_ALLOW"}]}""");

        Assert.Equal(Allow, FilterMachine.Run(filter, Read, X86_64));
        Assert.Equal(Allow, FilterMachine.Run(filter, Statx, X86_64));
        Assert.Equal(Eperm, FilterMachine.Run(filter, Mkdir, X86_64));
        Assert.Equal(Enosys, FilterMachine.Run(filter, Statx + 1, X86_64));
        Assert.Equal(Allow, FilterMachine.Run(filter, 383, X86));
        Assert.Equal(Enosys, FilterMachine.Run(filter, 384, X86));
        Assert.Equal(Eperm, FilterMachine.Run(filter, Mkdir, X86));
        Assert.Equal(Kill, FilterMachine.Run(filter, Statx + 1, S390X));
    }

    /// <summary>libseccomp puts the host's own into each filter; so do its newer calls belong to it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("\"architectures\": [],")]
    [InlineData("\"architectures\": [\"SCMP_ARCH_X86\"],")]
    [InlineData("\"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86_64\"],")]
    public void The_hosts_architecture_counts_whether_it_is_named_or_not(string architectures)
    {
        var filter = Compile($$"""{"defaultAction": "SCMP_ACT_ERRNO", {{architectures}} "syscalls": [{"names": ["read", "no_such_call", "statx"], "action": "SCMP_ACT_ALLOW"}]}""");

        Assert.Equal(Allow, FilterMachine.Run(filter, Statx, X86_64));
        Assert.Equal(Eperm, FilterMachine.Run(filter, Mkdir, X86_64));
        Assert.Equal(Enosys, FilterMachine.Run(filter, Statx + 1, X86_64));
        Assert.Equal(Kill, FilterMachine.Run(filter, X32 + Statx + 1, X86_64));
        Assert.Equal(architectures.Contains("X86\"", StringComparison.Ordinal) ? Enosys : Kill, FilterMachine.Run(filter, 384, X86));
    }

    [Fact]
    public void The_numbers_of_x32_are_told_from_those_of_x86_64()
    {
        const string rules = """ "syscalls": [{"names": ["read", "statx"], "action": "SCMP_ACT_ALLOW"}]}""";
        var both = Compile($$"""{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],{{rules}}""");
        var one = Compile($$"""{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],{{rules}}""");

        Assert.Equal(Allow, FilterMachine.Run(both, X32 + Statx, X86_64));
        Assert.Equal(Enosys, FilterMachine.Run(both, X32 + Statx + 1, X86_64));
        Assert.Equal(Enosys, FilterMachine.Run(both, Statx + 1, X86_64));
        Assert.Equal(Kill, FilterMachine.Run(one, X32 + Statx, X86_64));
        Assert.Equal(Kill, FilterMachine.Run(one, X32 + Statx + 1, X86_64));
    }

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}""", Enosys)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"names": ["read", "mkdir"], "action": "SCMP_ACT_ALLOW"}]}""", Enosys)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"names": ["no_such_call"], "action": "SCMP_ACT_ALLOW"}]}""", Eperm)]
    [InlineData("""{"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO"}]}""", 0x7ffc0000)]
    [InlineData("""{"defaultAction": "SCMP_ACT_TRACE", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}""", 0x7ff00001)]
    [InlineData("""{"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [{"names": ["read", "mkdir"], "action": "SCMP_ACT_ALLOW"}]}""", Enosys)]
    [InlineData("""{"defaultAction": "SCMP_ACT_TRAP", "syscalls": [{"names": ["read", "mkdir"], "action": "SCMP_ACT_ALLOW"}]}""", Enosys)]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO"}]}""", Allow)]
    public void A_call_newer_than_the_profile_has_the_default_elsewhere(string seccomp, uint answer) =>
        Assert.Equal(answer, FilterMachine.Run(Compile(seccomp), 5000, X86_64));

    [Covers("linux.seccomp.flags")]
    [Theory]
    [InlineData("", 4)]
    [InlineData("""
        , "flags": []
        """, 0)]
    [InlineData("""
        , "flags": ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
        """, 2)]
    [InlineData("""
        , "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]
        """, 8 | 32)]
    [InlineData("""
        , "flags": [], "syscalls": [{"names": ["no_such_call"], "action": "SCMP_ACT_NOTIFY"}]
        """, 0)]
    public void Flags_are_the_kernels(string flags, ulong expected) =>
        Assert.Equal(expected, SeccompCompiler.Compile(Parse($$"""{"defaultAction": "SCMP_ACT_ALLOW"{{flags}}}""")).Flags);

    private static LinuxSeccomp Parse(string json) => LinuxSeccomp.Parse(Encoding.UTF8.GetBytes(json));

    private static byte[] Compile(string json) => SeccompCompiler.Compile(Parse(json)).Program.ToArray();
}
