using Peapod.Kernel.Terminals;

namespace Peapod.Image.Documents;

/// <summary>The media types of images, those of the OCI and the older ones of Docker that mean the same.</summary>
internal static class MediaType
{
    internal const string Index = "application/vnd.oci.image.index.v1+json";
    internal const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    internal const string Config = "application/vnd.oci.image.config.v1+json";
    internal const string Layer = "application/vnd.oci.image.layer.v1.tar";
    internal const string LayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    internal const string LayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    internal const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    internal const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    internal static bool IsIndex(string type) => type is Index or DockerIndex;

    internal static bool IsManifest(string type) => type is Manifest or DockerManifest;

    internal static bool IsConfig(string type) => type is Config or "application/vnd.docker.container.image.v1+json";

    /// <summary>How a layer of this type is packed.</summary>
    /// <exception cref="ImageException">It is no layer, or packed in a way that cannot be read.</exception>
    internal static LayerCompression CompressionOf(string type, string place) => type switch
    {
        Layer or "application/vnd.oci.image.layer.nondistributable.v1.tar" or "application/vnd.docker.image.rootfs.diff.tar" => LayerCompression.None,
        LayerGzip or "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
            or "application/vnd.docker.image.rootfs.diff.tar.gzip" or "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" => LayerCompression.Gzip,
        LayerZstd or "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd" or "application/vnd.docker.image.rootfs.diff.tar.zstd" => LayerCompression.Zstd,
        _ => throw new ImageException($"{place}: media type {Printable.Short(type)} is not a layer's; expected {Layer}, {LayerGzip} or {LayerZstd}"),
    };
}

internal enum LayerCompression
{
    None,
    Gzip,
    Zstd,
}
