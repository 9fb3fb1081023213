namespace Peapod.UnitTests.Oci;

/// <summary>Whole documents, as callers and the runtime-spec write them.</summary>
internal static class Documents
{
    /// <summary>Every field of the Linux configuration once, in the order and with the omissions of the Go structs.</summary>
    public const string EveryField = """
        {
          "ociVersion": "1.3.0",
          "process": {
            "terminal": true,
            "consoleSize": {"height": 25, "width": 80},
            "user": {"uid": 1, "gid": 2, "umask": 18, "additionalGids": [5, 6]},
            "args": ["sh", "-c", "exit 3"],
            "env": ["PATH=/bin", "EMPTY="],
            "cwd": "/srv",
            "capabilities": {
              "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_CHOWN"], "permitted": ["CAP_KILL"], "ambient": ["CAP_BPF"]
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 1024}],
            "noNewPrivileges": true,
            "apparmorProfile": "unconfined",
            "oomScoreAdj": 0,
            "scheduler": {
              "policy": "SCHED_DEADLINE", "nice": -1, "priority": 0, "flags": ["SCHED_FLAG_RECLAIM"], "runtime": 1, "deadline": 2, "period": 3
            },
            "selinuxLabel": "system_u:system_r:container_t:s0",
            "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0},
            "execCPUAffinity": {"initial": "0-1", "final": "1"}
          },
          "root": {"path": "rootfs", "readonly": true},
          "hostname": "pod",
          "domainname": "example.test",
          "mounts": [
            {
              "destination": "/data", "type": "bind", "source": "/srv/data", "options": ["rbind", "ro"],
              "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]
            },
            {"destination": "tmp"}
          ],
          "hooks": {
            "prestart": [{"path": "/bin/a", "args": ["a", "b"], "env": ["K=V"], "timeout": 5}],
            "createRuntime": [{"path": "/bin/b"}],
            "createContainer": [{"path": "/bin/c"}],
            "startContainer": [{"path": "/bin/d"}],
            "poststart": [{"path": "/bin/e"}],
            "poststop": [{"path": "/bin/f"}]
          },
          "annotations": {"com.example.a": "", "com.example.b": "<ü>"},
          "linux": {
            "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 32000}],
            "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 32000}],
            "sysctl": {"net.core.somaxconn": "256"},
            "resources": {
              "devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": -1, "access": "rw"}],
              "memory": {
                "limit": 536870912, "reservation": 268435456, "swap": -1, "kernel": -1, "kernelTCP": 0, "swappiness": 0,
                "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true
              },
              "cpu": {
                "shares": 1024, "quota": -1, "burst": 1000, "period": 100000, "realtimeRuntime": 950000, "realtimePeriod": 1000000,
                "cpus": "2-3", "mems": "0", "idle": 0
              },
              "pids": {"limit": 0},
              "blockIO": {
                "weight": 10, "leafWeight": 11,
                "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
                "throttleReadBpsDevice": [{"major": 8, "minor": 1, "rate": 600}],
                "throttleWriteBpsDevice": [{"major": 8, "minor": 2, "rate": 0}],
                "throttleReadIOPSDevice": [{"major": 8, "minor": 3, "rate": 300}],
                "throttleWriteIOPSDevice": [{"major": 8, "minor": 4, "rate": 18446744073709551615}]
              },
              "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854772000}],
              "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
              "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}, "mlx5_2": {}},
              "unified": {"io.max": "259:0 rbps=2097152", "memory.high": "max"}
            },
            "cgroupsPath": "system.slice:peapod:one",
            "namespaces": [
              {"type": "pid"}, {"type": "network", "path": "/run/netns/a"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
              {"type": "user"}, {"type": "cgroup"}, {"type": "time"}
            ],
            "devices": [
              {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0},
              {"path": "/run/pipe", "type": "p", "major": 0, "minor": 0}
            ],
            "netDevices": {"eth0": {"name": "inner"}, "eth1": {}},
            "seccomp": {
              "defaultAction": "SCMP_ACT_ERRNO",
              "defaultErrnoRet": 1,
              "architectures": ["SCMP_ARCH_X86_64"],
              "flags": ["SECCOMP_FILTER_FLAG_LOG"],
              "listenerPath": "/run/agent.sock",
              "listenerMetadata": "x",
              "syscalls": [
                {
                  "names": ["clone", "getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38,
                  "args": [{"index": 0, "value": 2114060288, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ"}, {"index": 1, "value": 0, "op": "SCMP_CMP_NE"}]
                },
                {"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}
              ]
            },
            "rootfsPropagation": "rslave",
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"],
            "mountLabel": "system_u:object_r:container_file_t:s0",
            "intelRdt": {
              "closID": "gold", "schemata": ["L3:0=7f"], "l3CacheSchema": "L3:0=7f0;1=1f", "memBwSchema": "MB:0=20;1=70", "enableMonitoring": true
            },
            "memoryPolicy": {"mode": "MPOL_INTERLEAVE", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"]},
            "personality": {"domain": "LINUX32"},
            "timeOffsets": {"boottime": {"secs": 604800}, "monotonic": {"secs": -172800, "nanosecs": 5}}
          }
        }
        """;

    public const string Features = """
        {
          "ociVersionMin": "1.0.0",
          "ociVersionMax": "1.3.0",
          "hooks": ["prestart", "poststop"],
          "mountOptions": ["ro", "rro"],
          "linux": {
            "namespaces": ["cgroup", "ipc"],
            "capabilities": ["CAP_CHOWN"],
            "cgroup": {"v1": false, "v2": true, "systemd": true, "systemdUser": false, "rdma": true},
            "seccomp": {
              "enabled": true, "actions": ["SCMP_ACT_LOG"], "operators": ["SCMP_CMP_EQ"], "archs": ["SCMP_ARCH_AARCH64"],
              "knownFlags": ["SECCOMP_FILTER_FLAG_LOG"], "supportedFlags": ["SECCOMP_FILTER_FLAG_LOG"]
            },
            "apparmor": {"enabled": true},
            "selinux": {"enabled": false},
            "intelRdt": {"enabled": true, "schemata": true, "monitoring": false},
            "memoryPolicy": {"modes": ["MPOL_BIND"], "flags": ["MPOL_F_STATIC_NODES"]},
            "mountExtensions": {"idmap": {"enabled": true}},
            "netDevices": {"enabled": true}
          },
          "annotations": {"io.github.seccomp.libseccomp.version": "2.6.0"},
          "potentiallyUnsafeConfigAnnotations": ["bundle", "org.systemd.property."]
        }
        """;

    public const string State = """
        {"ociVersion": "1.3.0", "id": "web-1", "status": "running", "pid": 4422, "bundle": "/containers/web", "annotations": {"k": "v"}}
        """;

    public const string ContainerProcessState = """
        {
          "ociVersion": "1.3.0", "fds": ["seccompFd"], "pid": 4422, "metadata": "x",
          "state": {"ociVersion": "1.3.0", "id": "web-1", "status": "creating", "pid": 4422, "bundle": "/containers/web"}
        }
        """;
}
