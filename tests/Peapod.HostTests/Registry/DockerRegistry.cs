using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Peapod.HostTests.Harness;

namespace Peapod.HostTests.Registry;

/// <summary>Debian's docker-registry on loopback, with or without TLS and passwords; skopeo puts images into it.</summary>
internal sealed class DockerRegistry : IDisposable
{
    internal const string Password = "peapod:right word";

    private readonly string folder;
    private readonly Process process;
    private readonly bool hasTls;
    private readonly bool hasPasswords;

    /// <param name="tls">With a certificate for 127.0.0.1 by an authority of its own.</param>
    /// <param name="passwords">Lets in only who knows <see cref="Password"/>.</param>
    internal DockerRegistry(bool tls = false, bool passwords = false)
    {
        Skip.IfNot(File.Exists("/usr/bin/docker-registry") && File.Exists("/usr/bin/skopeo"), "docker-registry and skopeo are not installed here");
        (hasTls, hasPasswords) = (tls, passwords);
        folder = Directory.CreateTempSubdirectory("peapod-docker-registry-").FullName;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var config = $"version: 0.1\nlog: {{level: warn, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {folder}/store}}}}\nhttp:\n  addr: \"127.0.0.1:{Port}\"\n";
        if (tls)
        {
            MakeCertificates();
            config += $"  tls: {{certificate: {folder}/server.pem, key: {folder}/server.key}}\n";
        }

        if (passwords)
        {
            // htpasswd -nbB peapod 'right word'
            File.WriteAllText($"{folder}/htpasswd", "peapod:$2y$05$OOtyi7vBkKaPFTbYGN6wl.DsSGJnxtyR/GxvmJxM0HdmRhQx/tfuy\n");
            config += $"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n";
        }

        File.WriteAllText($"{folder}/config.yml", config);
        process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", $"{folder}/config.yml"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        PodBed.Until(Answers, "docker-registry answers");
    }

    internal int Port { get; }

    internal string Address => $"127.0.0.1:{Port}";

    /// <summary>The folder with the authority's ca.crt, for --cert-dir.</summary>
    internal string Certificates => $"{folder}/certificates";

    /// <summary>Puts the image of a layout in under a name without the host.</summary>
    /// <returns>The full name.</returns>
    internal string Push(string layout, string name, params string[] flags)
    {
        string[] access = [.. hasTls ? ["--dest-cert-dir", Certificates] : (string[])["--dest-tls-verify=false"], .. hasPasswords ? ["--dest-creds", Password] : Array.Empty<string>()];
        var pushed = PeapodCommand.Start("skopeo", ["copy", "--quiet", "--insecure-policy", .. access, .. flags, $"oci:{layout}", $"docker://{Address}/{name}"]);
        Assert.True(pushed.ExitCode == 0, pushed.Error);
        return $"{Address}/{name}";
    }

    internal void Stop()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    public void Dispose()
    {
        Stop();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private bool Answers()
    {
        Assert.False(process.HasExited, "docker-registry has ended");
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void MakeCertificates()
    {
        Directory.CreateDirectory(Certificates);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=The test's authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText($"{Certificates}/ca.crt", authority.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var server = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        server.CertificateExtensions.Add(names.Build());
        using var certificate = server.Create(authority, new DateTimeOffset(authority.NotBefore), new DateTimeOffset(authority.NotAfter), [1, 2, 3]);
        File.WriteAllText($"{folder}/server.pem", certificate.ExportCertificatePem());
        File.WriteAllText($"{folder}/server.key", key.ExportPkcs8PrivateKeyPem());
    }
}
