using System.CommandLine;
using Peapod.Container;
using Peapod.Container.Configuration;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary>--bundle, and the configuration in it.</summary>
internal sealed class BundleOption
{
    internal Option<string> Option { get; } = new("--bundle", "-b") { Description = "the bundle's folder (the current one)", DefaultValueFactory = static _ => "." };

    /// <summary>crun's flag; a command that has it adds it.</summary>
    internal Option<string?> Config { get; } = new("--config", "-f") { Description = "the configuration's file, from the bundle on (config.json)" };

    /// <summary>The bundle's absolute path, and its configuration, read and checked.</summary>
    internal (string Bundle, byte[] Json, Spec Spec) Read(ParseResult parsed) =>
        parsed.GetValue(Config) is { } file ? ReadNamed(parsed.GetValue(Option)!, file) : Read(parsed.GetValue(Option)!, "--bundle");

    /// <param name="folder">The bundle.</param>
    /// <param name="flag">Who named it, for the sentence when it cannot be read.</param>
    /// <param name="file">The configuration, from the bundle on.</param>
    internal static (string Bundle, byte[] Json, Spec Spec) Read(string folder, string flag, string file = "config.json")
    {
        var bundle = Path.GetFullPath(folder);
        var path = Path.Combine(bundle, file);
        byte[] json;
        try
        {
            json = FileSystem.ReadAllBytes(path, Spec.LargestDocument);
        }
        catch (KernelException e)
        {
            throw new ContainerException($"{flag}: cannot read \"{path}\": {InputFailure.Reason(e)}", 1, e);
        }

        var spec = SpecCompletion.Complete(Spec.Parse(json));
        SpecValidator.Validate(spec);
        return (bundle, json, spec);
    }

    private static (string Bundle, byte[] Json, Spec Spec) ReadNamed(string folder, string file)
    {
        try
        {
            return Read(folder, "--config", file);
        }
        catch (SpecException e)
        {
            throw new ContainerException($"{file}: {e.Message}", 1, e);
        }
    }
}
