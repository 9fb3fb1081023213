using System.Runtime.InteropServices;
using Peapod.Container.Seccomp;
using Peapod.Pod;
using Peapod.Pod.Containers;
using Peapod.Tests;
using Peapod.UnitTests.Container;
using Peapod.Workload;

namespace Peapod.UnitTests.Pod;

public class DefaultSeccompProfileTests
{
    private const uint X86_64 = 0xc000003e;
    private const uint Allow = 0x7fff0000, Eperm = 0x00050001, Enosys = 0x00050026;
    private const uint Read = 0, Socket = 41, Clone = 56, Ptrace = 101, Personality = 135, Socketpair = 53, Mount = 165, AddKey = 248, Keyctl = 250, Unshare = 272, Bpf = 321, Userfaultfd = 323, IoUringSetup = 425, Clone3 = 435;
    private const uint X86 = 0x40000003, X32 = 0x40000000, Socketcall = 102, SocketX86 = 359, SocketpairX86 = 360;
    private const ulong CLONE_NEWUSER = 0x10000000, CLONE_VM = 0x100, SIGCHLD = 17;

    private static readonly string[] Usual = CapabilitySet.Of(null).ToArray();

    [Theory]
    [InlineData(AddKey)]
    [InlineData(Keyctl)]
    [InlineData(Mount)]
    [InlineData(Unshare)]
    [InlineData(Bpf)]
    [InlineData(Userfaultfd)]
    [InlineData(IoUringSetup)]
    [Field("spec.containers[].securityContext.seccompProfile.type")]
    public void What_acts_on_the_host_is_refused(uint number)
    {
        Assert.Equal(Eperm, FilterMachine.Run(Compile(Usual), number, X86_64));
    }

    [Fact]
    public void Ordinary_calls_are_allowed_and_a_future_one_is_unknown()
    {
        var filter = Compile(Usual);

        Assert.Equal(Allow, FilterMachine.Run(filter, Read, X86_64));
        Assert.Equal(Allow, FilterMachine.Run(filter, Ptrace, X86_64));
        Assert.Equal(Enosys, FilterMachine.Run(filter, 999, X86_64));
    }

    [Fact]
    public void A_clone_makes_processes_and_no_namespaces_unless_the_container_has_CAP_SYS_ADMIN()
    {
        var usual = Compile(Usual);
        var admin = Compile([.. Usual, "CAP_SYS_ADMIN"]);

        Assert.Equal(Allow, FilterMachine.Run(usual, Clone, X86_64, CLONE_VM | SIGCHLD));
        Assert.Equal(Eperm, FilterMachine.Run(usual, Clone, X86_64, CLONE_NEWUSER | SIGCHLD));
        Assert.Equal(Enosys, FilterMachine.Run(usual, Clone3, X86_64));
        Assert.Equal(Allow, FilterMachine.Run(admin, Clone, X86_64, CLONE_NEWUSER | SIGCHLD));
        Assert.Equal(Allow, FilterMachine.Run(admin, Clone3, X86_64));
    }

    [Fact]
    public void Arguments_of_socket_and_personality_are_looked_at()
    {
        var filter = Compile(Usual);

        Assert.Equal(Allow, FilterMachine.Run(filter, Personality, X86_64, 0xffffffff));
        Assert.Equal(Allow, FilterMachine.Run(filter, Personality, X86_64, 8));
        Assert.Equal(Eperm, FilterMachine.Run(filter, Personality, X86_64, 0x0040000));
    }

    /// <summary>AF_ALG and AF_VSOCK reach past the container; the others that are refused the kernel has given up, or does not have yet.</summary>
    [Fact]
    public void Sockets_are_of_the_families_that_are_allowed_by_every_way_to_make_one()
    {
        ulong[] refused = [12, 19, 20, 23, 25, 34, 37, 38, 40, 46, 255, (1UL << 32) | 2, (1UL << 32) | 40];
        var filter = Compile([.. Usual, "CAP_SYS_ADMIN"]);
        for (ulong family = 0; family < 46; family++)
        {
            foreach (var (number, architecture) in ((uint, uint)[])[(Socket, X86_64), (Socketpair, X86_64), (X32 + Socket, X86_64), (X32 + Socketpair, X86_64), (SocketX86, X86), (SocketpairX86, X86)])
            {
                Assert.Equal(refused.Contains(family) ? Eperm : Allow, FilterMachine.Run(filter, number, architecture, family));
            }
        }

        Assert.All(refused, family => Assert.Equal(Eperm, FilterMachine.Run(filter, Socket, X86_64, family)));
    }

    /// <summary>A 32-bit program's call that takes the family behind a pointer.</summary>
    [Fact]
    public void No_socket_is_made_by_socketcall()
    {
        var filter = Compile(Usual);
        for (ulong call = 0; call < 22; call++)
        {
            Assert.Equal(Enosys, FilterMachine.Run(filter, Socketcall, X86, call));
        }
    }

    [Theory]
    [InlineData("CAP_SYS_ADMIN", Mount)]
    [InlineData("CAP_SYS_ADMIN", Unshare)]
    [InlineData("CAP_SYS_ADMIN", Bpf)]
    [InlineData("CAP_BPF", Bpf)]
    [InlineData("CAP_SYS_CHROOT", 161)]
    [InlineData("CAP_SYS_BOOT", 169)]
    [InlineData("CAP_SYS_MODULE", 313)]
    [InlineData("CAP_SYS_PTRACE", 312)]
    [InlineData("CAP_SYS_TIME", 227)]
    [InlineData("CAP_SYS_NICE", 237)]
    [InlineData("CAP_SYSLOG", 103)]
    [InlineData("CAP_PERFMON", 298)]
    [InlineData("CAP_DAC_READ_SEARCH", 304)]
    [InlineData("CAP_SYS_PACCT", 163)]
    [InlineData("CAP_SYS_RAWIO", 172)]
    [InlineData("CAP_SYS_TTY_CONFIG", 153)]
    public void A_capability_brings_its_calls(string capability, uint number)
    {
        Assert.Equal(Eperm, FilterMachine.Run(Compile([]), number, X86_64));
        Assert.Equal(Allow, FilterMachine.Run(Compile([capability]), number, X86_64));
    }

    [Theory]
    [InlineData("", "must be a path below the folder of profiles, without \"..\"")]
    [InlineData("/etc/passwd", "must be a path below the folder of profiles, without \"..\"")]
    [InlineData("a/../../b", "must be a path below the folder of profiles, without \"..\"")]
    [InlineData("none.json", "there is no such file in FOLDER")]
    [InlineData("out.json", "there is no such file in FOLDER")]
    [InlineData("folder", "is not a regular file in FOLDER")]
    [InlineData("docker.json", "\"archMap\" is of Docker's format; a profile is an object as linux.seccomp of the runtime-spec has it, with \"architectures\" and without conditions")]
    [InlineData("bad.json", "linux.seccomp.defaultAction: unknown action \"X\"")]
    [Field("spec.containers[].securityContext.seccompProfile.localhostProfile")]
    public void A_profile_of_the_hosts_is_read_from_its_folder_and_from_nowhere_else(string name, string why)
    {
        var folder = Directory.CreateTempSubdirectory("peapod-isolation-").FullName;
        try
        {
            Directory.CreateDirectory($"{folder}/folder");
            File.WriteAllText($"{folder}/docker.json", """{"defaultAction": "SCMP_ACT_ALLOW", "archMap": []}""");
            File.WriteAllText($"{folder}/bad.json", """{"defaultAction": "X"}""");
            File.WriteAllText($"{folder}/good.json", """{"defaultAction": "SCMP_ACT_LOG"}""");
            File.CreateSymbolicLink($"{folder}/out.json", "/proc/self/status");

            var error = Assert.Throws<PodException>(() => SystemCallFilter.Load(name, [folder]));

            Assert.StartsWith($"securityContext.seccompProfile.localhostProfile: \"{name}\": {why.Replace("FOLDER", folder, StringComparison.Ordinal)}", error.Message, StringComparison.Ordinal);
            Assert.Equal("SCMP_ACT_LOG", SystemCallFilter.Load("good.json", [$"{folder}/none", folder]).DefaultAction);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Compile(string[] capabilities) => SeccompCompiler.Compile(DefaultSeccompProfile.For(capabilities, Architecture.X64)).Program.ToArray();
}
