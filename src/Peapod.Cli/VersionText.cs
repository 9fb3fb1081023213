using System.Reflection;
using Peapod.Oci;

namespace Peapod.Cli;

/// <summary>What --version prints, in runc's form.</summary>
internal static class VersionText
{
    internal static void Print()
    {
        var assembly = typeof(VersionText).Assembly;
        var commit = "unknown";
        foreach (var attribute in assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
        {
            commit = attribute.Key == "Commit" ? attribute.Value ?? commit : commit;
        }

        var version = assembly.GetName().Version!;
        Output.Line($"peapod version {version.ToString(3)}");
        Output.Line($"commit: {commit}");
        Output.Line($"spec: {DefaultSpec.OciVersion}");
        Output.Line($"dotnet: {Environment.Version} (NativeAOT, static)");
        Output.Line("features: cgroup2 ebpf-devices mount-api pods");
    }
}
