namespace Peapod.Kernel.Processes;

/// <summary>Signal numbers and names of signal(7), as on x86, arm64 and RISC-V.</summary>
public static class Signals
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGILL = 4;
    public const int SIGTRAP = 5;
    public const int SIGABRT = 6;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGSEGV = 11;
    public const int SIGUSR2 = 12;
    public const int SIGPIPE = 13;
    public const int SIGALRM = 14;
    public const int SIGTERM = 15;
    public const int SIGSTKFLT = 16;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTSTP = 20;
    public const int SIGTTIN = 21;
    public const int SIGTTOU = 22;
    public const int SIGURG = 23;
    public const int SIGXCPU = 24;
    public const int SIGXFSZ = 25;
    public const int SIGVTALRM = 26;
    public const int SIGPROF = 27;
    public const int SIGWINCH = 28;
    public const int SIGIO = 29;
    public const int SIGPWR = 30;
    public const int SIGSYS = 31;
    public const int Max = 64;

    /// <summary>Whether a program in Go that asks for no signal ends with it (os/signal, "Default behavior of signals in Go programs").</summary>
    public static bool EndsGo(int signal) =>
        signal is SIGHUP or SIGINT or SIGQUIT or SIGILL or SIGTRAP or SIGABRT or SIGSTKFLT or SIGBUS or SIGFPE or SIGSEGV or SIGSYS or SIGTERM;

    /// <summary>The first real-time signal that programs may use; the C library keeps those below.</summary>
    public const int RealTimeMin = 34;

    private static ReadOnlySpan<byte> NumberOf(string name) => name switch
    {
        "HUP" => [1],
        "INT" => [2],
        "QUIT" => [3],
        "ILL" => [4],
        "TRAP" => [5],
        "ABRT" or "IOT" => [6],
        "BUS" => [7],
        "FPE" => [8],
        "KILL" => [9],
        "USR1" => [10],
        "SEGV" => [11],
        "USR2" => [12],
        "PIPE" => [13],
        "ALRM" => [14],
        "TERM" => [15],
        "STKFLT" => [16],
        "CHLD" or "CLD" => [17],
        "CONT" => [18],
        "STOP" => [19],
        "TSTP" => [20],
        "TTIN" => [21],
        "TTOU" => [22],
        "URG" => [23],
        "XCPU" => [24],
        "XFSZ" => [25],
        "VTALRM" => [26],
        "PROF" => [27],
        "WINCH" => [28],
        "IO" or "POLL" => [29],
        "PWR" => [30],
        "SYS" => [31],
        "RTMIN" => [RealTimeMin],
        "RTMAX" => [Max],
        _ => default,
    };

    /// <summary>Reads "KILL", "SIGKILL", "sigkill", "9", "RTMIN+3".</summary>
    public static bool TryParse(string text, out int signal)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out signal))
        {
            return signal is >= 0 and <= Max;
        }

        var name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        if (NumberOf(name) is [var number])
        {
            signal = number;
            return true;
        }

        var up = name.StartsWith("RTMIN+", StringComparison.Ordinal);
        if ((up || name.StartsWith("RTMAX-", StringComparison.Ordinal))
            && int.TryParse(name.AsSpan(6), System.Globalization.NumberStyles.None, null, out var offset) && offset <= Max - RealTimeMin)
        {
            signal = up ? RealTimeMin + offset : Max - offset;
            return true;
        }

        return false;
    }
}
