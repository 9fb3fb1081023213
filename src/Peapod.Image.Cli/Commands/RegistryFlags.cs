using System.CommandLine;
using Peapod.Container.Lifecycle;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Registry;

namespace Peapod.Image.Cli.Commands;

/// <summary>The flags of all commands that talk to registries; podman's.</summary>
internal sealed class RegistryFlags
{
    private readonly Option<string?> authFile = new("--authfile") { Description = "the authentication file to read, in place of the usual ones", HelpName = "FILE", CompletionSources = { CompletionWords.Files } };
    private readonly Option<string?> credentials = new("--creds") { Description = "user and password for the registry", HelpName = "USER:PASSWORD" };
    private readonly Option<string?> certificates = new("--cert-dir") { Description = "folder with the registry's *.crt, and this host's *.cert and *.key", HelpName = "DIR", CompletionSources = { CompletionWords.Files } };
    private readonly Option<bool?> verify = new("--tls-verify") { Description = "true: HTTPS with a good certificate, whatever is configured; false: any certificate, or plain HTTP" };
    private readonly Option<int> retries = new("--retry") { Description = "new attempts after a failure that may pass", DefaultValueFactory = static _ => 3, HelpName = "NUMBER" };
    private readonly Option<string?> delay = new("--retry-delay") { Description = "pause before the first new attempt; each later one is twice as long", HelpName = "DURATION" };

    /// <summary>A name without the <c>docker://</c> that podman has before names of registries.</summary>
    internal static string Bare(string name)
    {
        const string Transport = "docker://";
        return name.StartsWith(Transport, StringComparison.Ordinal) ? name[Transport.Length..] : name;
    }

    internal void AddTo(Command command)
    {
        foreach (var option in (ReadOnlySpan<Option>)[authFile, credentials, certificates, verify, retries, delay])
        {
            command.Options.Add(option);
        }
    }

    internal RegistryOptions Read(ParseResult parsed)
    {
        var attempts = parsed.GetValue(retries);
        var options = new RegistryOptions
        {
            AuthFile = parsed.GetValue(authFile),
            Credentials = parsed.GetValue(credentials),
            CertificateFolder = parsed.GetValue(certificates),
            TlsVerify = parsed.GetValue(verify),
            Retries = attempts is >= 0 and <= 100 ? attempts : throw new ImageException($"--retry: {attempts} is not between 0 and 100"),
            Warn = Report.Warn,
        };
        if (parsed.GetValue(delay) is not { } text)
        {
            return options;
        }

        return Duration.TryParse(text, out var pause) && pause >= TimeSpan.Zero && pause <= options.LongestPause
            ? options with { RetryDelay = pause }
            : throw new ImageException($"--retry-delay: \"{text}\" is not a duration between 0 and {options.LongestPause.TotalSeconds:0}s");
    }
}
