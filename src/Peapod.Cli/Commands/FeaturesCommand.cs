using System.CommandLine;
using Peapod.Container;

namespace Peapod.Cli.Commands;

/// <summary><c>features</c>: the runtime-spec's document of what the runtime can do (features.md).</summary>
internal static class FeaturesCommand
{
    internal static Command Make()
    {
        var command = new Command("features", "print what this version can do as JSON");
        command.SetAction(static _ =>
        {
            var features = SupportedFeatures.Describe() with
            {
                Annotations = new Dictionary<string, string>
                {
                    ["org.opencontainers.runc.checkpoint.enabled"] = "true",
                    ["io.peapod.commit"] = VersionText.Commit,
                    ["io.peapod.version"] = VersionText.Number,
                },
            };
            Output.Write([.. features.ToJson(indented: true), (byte)'\n']);
            return 0;
        });
        return command;
    }
}
