using System.Text.RegularExpressions;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Pods;

/// <summary>The localhost/tools image as pods have it, and what takes its programs to be seen.</summary>
public sealed class ToolsImageTests : IDisposable
{
    private readonly PodBed bed = new();

    public void Dispose() => bed.Dispose();

    [SkippableFact]
    public void Its_programs_run_under_a_utf8_locale()
    {
        ToolsImage.Needed(bed);

        var versions = bed.Done("run", "--rm", "--image", "localhost/tools", "tools", "--", "bash", "-c", """
            set -e
            for program in bash curl git ip mount nginx openssl ps python3 socat unshare; do
              case $program in ip | nginx | socat) $program -V 2>&1 ;; openssl) openssl version ;; *) $program --version ;; esac | head -n 1
            done
            locale charmap
            git init -q /tmp/a && git -C /tmp/a -c user.name=n -c user.email=e commit -q --allow-empty -m one
            git clone -q file:///tmp/a /tmp/b && git -C /tmp/b log --format=%s
            cd /srv && { python3 -m http.server 80 2>/dev/null & }
            curl -sS --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1/ | grep -o '<title>.*</title>'
            """).Split('\n');

        Assert.Equal(["GNU", "curl", "git", "ip", "mount", "nginx", "OpenSSL", "ps", "Python", "socat", "unshare"], versions[..11].Select(static line => line.Split(' ', ':')[0]));
        Assert.Equal(["UTF-8", "one", "<title>Peapod</title>", ""], versions[11..]);
    }

    [SkippableFact]
    public void Containers_find_each_others_shared_memory_semaphores_and_ports_and_another_pod_finds_none()
    {
        ToolsImage.Needed(bed);
        bed.Done("run", "-f", Path.GetFullPath(Path.Combine(PeapodCommand.Out, "..", "examples", "shared-memory.yaml")));
        PodBed.Until(() => Read("socat - TCP:127.0.0.1:9000").Output == "from-writer\n", "the writer answers");

        Assert.Equal("hello\n", Read("cat /dev/shm/greeting").Output);
        var made = Regex.Matches(bed.Done("logs", "-c", "writer", "shared-memory"), "(Semaphore|Shared memory) id: ([0-9]+)").Select(static match => match.Groups[2].Value).ToList();
        Assert.Equal(2, made.Count);
        Assert.Equal($"{made[0]} 1\n{made[1]} 4096\n", Read("for kind in s m; do ipcs -$kind | awk '/^0x/ { print $2, $5 }'; done").Output);

        var stranger = bed.Done("run", "--rm", "--image", "localhost/tools", "stranger", "--", "bash", "-c", """
            ls -A /dev/shm
            ipcs -s -m | grep -c ^0x
            socat - TCP:127.0.0.1:9000 2>&1 | grep -o 'Connection refused$' | head -n 1
            """);
        Assert.Equal("0\nConnection refused\n", stranger);

        CommandResult Read(string script) => bed.Pod("exec", "-c", "reader", "shared-memory", "--", "bash", "-c", script);
    }
}
