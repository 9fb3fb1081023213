using System.Globalization;
using Peapod.Kernel.Terminals;

namespace Peapod.Image.Documents;

/// <summary>An image configuration. See the image specification, config.md.</summary>
internal sealed record OciConfiguration(Platform Platform, DateTimeOffset? Created, IReadOnlyList<Digest> DiffIds, ImageConfig Config)
{
    internal static OciConfiguration Read(ReadOnlyMemory<byte> json, string file)
    {
        var document = JsonField.Parse(json, file);
        var rootfs = document.RequiredObject("rootfs");
        if (rootfs.RequiredString("type") is not "layers" and var type)
        {
            throw new ImageException($"{rootfs.Place}.type: is \"{Printable.Short(type)}\", expected \"layers\"");
        }

        var config = document.Object("config");
        return new(
            new(document.RequiredString("os"), document.RequiredString("architecture"), document.String("variant")),
            DateTimeOffset.TryParse(document.String("created"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created) ? created : null,
            rootfs.Items("diff_ids").Select(item => Digest.Parse(item.String(), item.Place)).ToList(),
            config is { } c ? ReadConfig(c) : new());
    }

    private static ImageConfig ReadConfig(JsonField config) => new()
    {
        Env = config.Strings("Env") ?? [],
        Entrypoint = config.Strings("Entrypoint"),
        Cmd = config.Strings("Cmd"),
        User = config.String("User") ?? "",
        WorkingDir = config.String("WorkingDir") ?? "",
        StopSignal = config.String("StopSignal") ?? "",
        Volumes = config.Keys("Volumes"),
        ExposedPorts = config.Keys("ExposedPorts"),
        Labels = config.Map("Labels"),
    };
}
