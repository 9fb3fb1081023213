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
}
