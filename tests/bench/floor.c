/*
 * floor ROOTFS: the kernel work of `run /bin/true` with runc's default configuration, and nothing else: no config.json,
 * no state, no checks. What no runtime can go below. Prints nothing; any failure is an abort with the line number.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/capability.h>

#define MUST(call) ((call) < 0 ? (fprintf(stderr, "floor: line %d: %s: %s\n", __LINE__, #call, strerror(errno)), _exit(1)) : (void)0)

#define CGROUP "/sys/fs/cgroup/peapod-floor"

static const char *const masked[] = { "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
  "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi" };
static const char *const read_only[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };
static const struct { const char *name; unsigned major, minor; } devices[] = { { "null", 1, 3 }, { "zero", 1, 5 },
  { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 } };

/* A program of the default rules' size: forty comparisons, each of which could say no, then yes. */
static int device_program(void)
{
  struct bpf_insn code[128];
  unsigned n = 0;
  code[n++] = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = 0 };
  code[n++] = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 4, .src_reg = 1, .off = 4 };
  for (unsigned i = 0; i < 40; i++) {
    code[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 4, .off = 2, .imm = (int)(1000 + i) };
    code[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 };
    code[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
  }
  code[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 };
  code[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
  union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insn_cnt = n, .insns = (uintptr_t)code, .license = (uintptr_t)"GPL" };
  return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
}

static void mount_default(void)
{
  MUST(mount("proc", "proc", "proc", 0, NULL));
  MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
  MUST(mkdir("dev/pts", 0755));
  MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
  MUST(mkdir("dev/shm", 01777));
  MUST(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k"));
  MUST(mkdir("dev/mqueue", 0755));
  MUST(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
  MUST(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL));
  MUST(mount("cgroup", "sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY, NULL));
  for (unsigned i = 0; i < sizeof devices / sizeof *devices; i++) {
    char path[32];
    snprintf(path, sizeof path, "dev/%s", devices[i].name);
    MUST(mknod(path, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)));
  }
  MUST(symlink("/proc/self/fd", "dev/fd"));
  MUST(symlink("/proc/self/fd/0", "dev/stdin"));
  MUST(symlink("/proc/self/fd/1", "dev/stdout"));
  MUST(symlink("/proc/self/fd/2", "dev/stderr"));
  MUST(symlink("pts/ptmx", "dev/ptmx"));
}

static void hide(void)
{
  struct stat info;
  for (unsigned i = 0; i < sizeof masked / sizeof *masked; i++)
    if (stat(masked[i], &info) == 0)
      MUST(S_ISDIR(info.st_mode) ? mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, NULL)
                                 : mount("/dev/null", masked[i], NULL, MS_BIND, NULL));
  for (unsigned i = 0; i < sizeof read_only / sizeof *read_only; i++)
    if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) == 0)
      MUST(mount(NULL, read_only[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
}

static void drop(void)
{
  const uint64_t keep = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
  for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
    if (!(keep >> cap & 1))
      prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[2] = { { (uint32_t)keep, (uint32_t)keep, 0 }, { 0, 0, 0 } };
  MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  MUST(syscall(SYS_capset, &header, data));
}

static void child(const char *rootfs)
{
  struct rlimit files = { 1024, 1024 };
  MUST(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
  MUST(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
  MUST(chdir(rootfs));
  mount_default();
  MUST(syscall(SYS_pivot_root, ".", "."));
  MUST(umount2(".", MNT_DETACH));
  MUST(chdir("/"));
  hide();
  MUST(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
  MUST(sethostname("floor", 5));
  MUST(setrlimit(RLIMIT_NOFILE, &files));
  drop();
  execl("/bin/true", "true", (char *)NULL);
  MUST(-1);
}

int main(int argc, char **argv)
{
  if (argc != 2)
    return 2;
  MUST(mkdir(CGROUP, 0755));
  int cgroup = open(CGROUP, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  MUST(cgroup);
  int program = device_program();
  MUST(program);
  union bpf_attr attach = { .target_fd = (uint32_t)cgroup, .attach_bpf_fd = (uint32_t)program, .attach_type = BPF_CGROUP_DEVICE };
  MUST(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach));

  int pidfd = -1;
  struct clone_args args = {
    .flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_INTO_CGROUP | CLONE_PIDFD,
    .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup,
  };
  pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  MUST(pid);
  if (pid == 0)
    child(argv[1]);
  int status;
  MUST(waitpid(pid, &status, 0));
  MUST(rmdir(CGROUP));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
