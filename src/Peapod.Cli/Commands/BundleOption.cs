using System.CommandLine;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary>--bundle, and the configuration in it.</summary>
internal sealed class BundleOption
{
    internal Option<string> Option { get; } = new("--bundle", "-b") { Description = "the bundle's folder (the current one)", DefaultValueFactory = static _ => "." };

    /// <summary>The bundle's absolute path, and its configuration, read and checked.</summary>
    internal (string Bundle, byte[] Json, Spec Spec) Read(ParseResult parsed) => Read(parsed.GetValue(Option)!, "--bundle");

    /// <param name="folder">The bundle.</param>
    /// <param name="flag">Who named it, for the sentence when it cannot be read.</param>
    internal static (string Bundle, byte[] Json, Spec Spec) Read(string folder, string flag)
    {
        var bundle = Path.GetFullPath(folder);
        byte[] json;
        try
        {
            json = FileSystem.ReadAllBytes($"{bundle}/config.json", Spec.LargestDocument);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{flag}: cannot read \"{bundle}/config.json\": {InputFailure.Reason(e)}", 1, e);
        }

        var spec = Spec.Parse(json);
        SpecValidator.Validate(spec);
        return (bundle, json, spec);
    }
}
