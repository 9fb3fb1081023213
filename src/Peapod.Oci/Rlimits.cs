namespace Peapod.Oci;

/// <summary>Resource limits by name; getrlimit(2). The numbers are the generic ones of x86, arm64 and RISC-V.</summary>
public static class Rlimits
{
    public static bool TryParse(string name, out int number)
    {
        number = name switch
        {
            "RLIMIT_CPU" => 0,
            "RLIMIT_FSIZE" => 1,
            "RLIMIT_DATA" => 2,
            "RLIMIT_STACK" => 3,
            "RLIMIT_CORE" => 4,
            "RLIMIT_RSS" => 5,
            "RLIMIT_NPROC" => 6,
            "RLIMIT_NOFILE" => 7,
            "RLIMIT_MEMLOCK" => 8,
            "RLIMIT_AS" => 9,
            "RLIMIT_LOCKS" => 10,
            "RLIMIT_SIGPENDING" => 11,
            "RLIMIT_MSGQUEUE" => 12,
            "RLIMIT_NICE" => 13,
            "RLIMIT_RTPRIO" => 14,
            "RLIMIT_RTTIME" => 15,
            _ => -1,
        };
        return number >= 0;
    }
}
