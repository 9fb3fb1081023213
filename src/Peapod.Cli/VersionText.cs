using System.Reflection;
using Peapod.Container;
using Peapod.Oci;

namespace Peapod.Cli;

/// <summary>What --version prints, in runc's form.</summary>
internal static class VersionText
{
    internal static string Number => typeof(VersionText).Assembly.GetName().Version!.ToString(3);

    internal static string Commit
    {
        get
        {
            foreach (var attribute in typeof(VersionText).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
            {
                if (attribute is { Key: "Commit", Value: { } commit })
                {
                    return commit;
                }
            }

            return "unknown";
        }
    }

    internal static void Print()
    {
        Output.Line($"peapod version {Number}");
        Output.Line($"commit: {Commit}");
        Output.Line($"spec: {DefaultSpec.OciVersion}");
        Output.Line($"dotnet: {Environment.Version} (NativeAOT, static)");
        Output.Line($"libseccomp: {SupportedFeatures.LibseccompVersion}");
        Output.Line("features: cgroup2 ebpf-devices mount-api pods");
    }
}
