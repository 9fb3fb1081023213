namespace Peapod.HostTests.Harness;

/// <summary>
/// The image localhost/tools: Debian with bash, git, python3, socat, curl, nginx and openssl. rootfs-fixtures/make-tools-image makes it where
/// Debian's archive can be reached.
/// </summary>
internal static class ToolsImage
{
    /// <summary>Null where the image is there.</summary>
    internal static string? SkipReason => File.Exists(Path.Combine(Layout, "index.json"))
        ? null
        : Environment.GetEnvironmentVariable("PEAPOD_TOOLS_REASON") ?? "needs the localhost/tools image: make tools";

    /// <summary>An OCI image layout.</summary>
    internal static string Layout { get; } = Environment.GetEnvironmentVariable("PEAPOD_TOOLS") ?? Path.Combine(PeapodCommand.Out, "images", "tools");

    /// <summary>Skips the test where the image is missing, and loads it for the test's pods where they have not had it yet.</summary>
    internal static void Needed(PodBed bed)
    {
        Skip.If(SkipReason is not null, SkipReason);
        var loaded = bed.Image("load", Layout);
        Assert.True(loaded.ExitCode == 0, loaded.Error);
    }
}
