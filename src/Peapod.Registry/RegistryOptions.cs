namespace Peapod.Registry;

/// <summary>How registries are talked to.</summary>
public sealed record RegistryOptions
{
    /// <summary><c>user:password</c>, in place of those of the authentication files.</summary>
    public string? Credentials { get; init; }

    /// <summary>The one authentication file to be read, in place of the usual ones.</summary>
    public string? AuthFile { get; init; }

    /// <summary>The folder with ca.crt, client.cert and client.key, in place of those below certs.d.</summary>
    public string? CertificateFolder { get; init; }

    /// <summary>
    /// True: HTTPS with a good certificate, whatever the host is configured to be. False: any certificate, or plain HTTP. Null: as configured, and plain HTTP
    /// with a registry of this very host that does not speak TLS.
    /// </summary>
    public bool? TlsVerify { get; init; }

    /// <summary>How often what may succeed the next time is tried again.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The pause before the first new attempt; each later one is twice as long.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause that a registry may ask for.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For a connection, with its TLS handshake.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Until an answer begins.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>As <see cref="AnswerTimeout"/> and <see cref="ConnectTimeout"/>, for a mirror: the registry itself is there, too.</summary>
    public TimeSpan MirrorTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>In each such time at least <see cref="LeastProgress"/> bytes must come, or the transfer is taken for hung.</summary>
    public TimeSpan ProgressTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="ProgressTimeout"/>
    public int LeastProgress { get; init; } = 16 << 10;

    /// <summary>For a credential helper.</summary>
    public TimeSpan HelperTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of a manifest or an index.</summary>
    public int LargestManifest { get; init; } = 4 << 20;

    /// <summary>containerd's folder of hosts.toml files.</summary>
    public string HostsFolder { get; init; } = "/etc/containerd/certs.d";

    /// <summary>Takes what a user should know and that keeps nothing from going on.</summary>
    public Action<string> Warn { get; init; } = static _ => { };
}
