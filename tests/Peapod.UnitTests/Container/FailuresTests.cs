using Peapod.Container.Plans;
using Peapod.Container.Spawning;
using Peapod.Kernel;

namespace Peapod.UnitTests.Container;

public class FailuresTests
{
    [Theory]
    [InlineData(PlanCode.FindExecutable, "sh", Errno.ENOENT, "exec: \"sh\": executable file not found in $PATH", 127)]
    [InlineData(PlanCode.FindExecutable, "/bin/sh", Errno.ENOENT, "exec: \"/bin/sh\": stat /bin/sh: no such file or directory", 127)]
    [InlineData(PlanCode.FindExecutable, "/a/b", Errno.ENOTDIR, "exec: \"/a/b\": stat /a/b: not a directory", 127)]
    [InlineData(PlanCode.FindExecutable, "/bin", Errno.EISDIR, "exec: \"/bin\": is a directory: permission denied", 126)]
    [InlineData(PlanCode.FindExecutable, "/bin/sh", Errno.EACCES, "exec: \"/bin/sh\": permission denied", 126)]
    [InlineData(PlanCode.Exec, "/bin/sh", Errno.ENOEXEC, "exec: \"/bin/sh\": exec /bin/sh: exec format error (it is neither a program of this architecture nor a script with an interpreter line)", 126)]
    [InlineData(PlanCode.Exec, "/bin/sh", Errno.ENOENT, "exec: \"/bin/sh\": exec /bin/sh: no such file or directory (its interpreter, or dynamic loader, is missing in the root file system)", 127)]
    [InlineData(PlanCode.Exec, "/bin/sh", Errno.E2BIG, "exec: \"/bin/sh\": argument list too long", 126)]
    public void An_executable_that_cannot_be_executed_is_told_in_runcs_words_and_exit_codes(PlanCode code, string path, Errno error, string sentence, int exitCode)
    {
        var failure = Failures.OfOperation(new(code, "process.args[0]", "") { Path = path }, error, "");

        Assert.Equal($"config.json: process.args[0]: {sentence}", failure.Message);
        Assert.Equal(exitCode, failure.ExitCode);
    }

    [Theory]
    [InlineData(PlanCode.Attach, Errno.EPERM, "inside proc", "Operation not permitted\n  a symlink leads into the proc file system there, which nothing else may cover")]
    [InlineData(PlanCode.NewMount, Errno.EROFS, "mkdirat", "mkdirat: Read-only file system\n  its place does not exist and cannot be made: what it lies in is read-only")]
    [InlineData(PlanCode.Rlimit, Errno.EPERM, "prlimit64", "prlimit64: Operation not permitted\n  this process may not raise the hard limit: it lacks CAP_SYS_RESOURCE")]
    [InlineData(PlanCode.Label, Errno.ENOENT, "write", "write: No such file or directory\n  no such profile is loaded: apparmor_parser(8) loads one")]
    [InlineData(PlanCode.Label, Errno.EINVAL, "write", "write: Invalid argument\n  the loaded SELinux policy does not know that label")]
    [InlineData(PlanCode.NewMount, Errno.EINVAL, "context", "context: Invalid argument\n  the loaded SELinux policy does not know the label of linux.mountLabel")]
    [InlineData(PlanCode.Sysctl, Errno.EINVAL, "write", "write: Invalid argument")]
    public void A_failed_operation_names_its_field_what_was_done_and_why(PlanCode code, Errno error, string detail, string reason) =>
        Assert.Equal($"config.json: mounts[3]: cannot do it: {reason}", Failures.OfOperation(new(code, "mounts[3]", "do it"), error, detail).Message);

    [Theory]
    [InlineData(Errno.ECHILD, "ended with exit status 2\none\ntwo\n", "\"/bin/hook\" ended with exit status 2\n  one\n  two")]
    [InlineData(Errno.ENOENT, "execve", "cannot run it: execve: No such file or directory")]
    public void A_hook_that_fails_is_told_with_its_end_and_its_words(Errno error, string detail, string sentence) =>
        Assert.Equal(
            $"config.json: hooks.createContainer[0]: error running createContainer hook #0: {sentence}",
            Failures.OfOperation(new(PlanCode.Hook, "hooks.createContainer[0]", "run it") { Path = "/bin/hook" }, error, detail).Message);

    [Fact]
    public void What_follows_from_no_field_names_none() =>
        Assert.Equal("cannot begin a session: setsid: Operation not permitted", Failures.OfOperation(new(PlanCode.Setsid, "", "begin a session"), Errno.EPERM, "setsid").Message);
}
