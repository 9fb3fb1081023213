using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Peapod.Kernel;
using Peapod.Kernel.Files;

namespace Peapod.Image.Store;

/// <summary>
/// What a start needs to know of one image, in one small file: made from manifest and configuration when the image is loaded,
/// and copied into a container's lease, so that a container outlives its image's removal.
/// </summary>
internal static class ImageRecord
{
    /// <exception cref="ImageException">The file is damaged.</exception>
    /// <returns>Null when there is no such file.</returns>
    internal static ContainerImage? TryRead(string path, StoreFolder folder)
    {
        try
        {
            // An empty file is what a power failure leaves of a lease: one of a container that died with it.
            return FileSystem.TryReadBytes(path) is { Length: > 0 } data ? Parse(data, folder) : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KernelException { IsDamage: true })
        {
            throw new ImageException($"{path} is damaged: {(error is KernelException kernel ? kernel.Reason : "it is not what was written there")}", error);
        }
    }

    internal static byte[] Write(ContainerImage image)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", image.Id.ToString());
            json.WriteString("digest", image.Digest.ToString());
            if (image.Created is { } created)
            {
                json.WriteString("created", created.ToString("O", CultureInfo.InvariantCulture));
            }

            json.WriteNumber("size", image.Size);
            json.WriteNumber("rootMode", image.Root.Mode);
            json.WriteNumber("rootUid", image.Root.Uid);
            json.WriteNumber("rootGid", image.Root.Gid);
            Write(json, "diffIds", image.DiffIds.Select(id => id.ToString()));
            Write(json, "stack", image.Stack.Select(id => id.ToString()));
            Write(json, "blobs", image.Blobs.Select(id => id.ToString()));
            Write(json, "env", image.Config.Env);
            Write(json, "entrypoint", image.Config.Entrypoint);
            Write(json, "cmd", image.Config.Cmd);
            json.WriteString("user", image.Config.User);
            json.WriteString("workingDir", image.Config.WorkingDir);
            json.WriteString("stopSignal", image.Config.StopSignal);
            Write(json, "volumes", image.Config.Volumes);
            Write(json, "exposedPorts", image.Config.ExposedPorts);
            json.WriteStartObject("labels");
            foreach (var (key, value) in image.Config.Labels)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<string>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static ContainerImage Parse(ReadOnlySpan<byte> data, StoreFolder folder)
    {
        Digest? id = null, digest = null;
        DateTimeOffset? created = null;
        long size = 0;
        uint mode = 0, uid = 0, gid = 0;
        List<string> diffIds = [], stack = [], blobs = [], env = [], volumes = [], exposedPorts = [];
        List<string>? entrypoint = null, cmd = null;
        string user = "", workingDir = "", stopSignal = "";
        var labels = new Dictionary<string, string>();

        var json = new Utf8JsonReader(data);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString();
            json.Read();
            switch (name)
            {
                case "id": id = Parse(json.GetString()); break;
                case "digest": digest = Parse(json.GetString()); break;
                case "created": created = json.GetDateTimeOffset(); break;
                case "size": size = json.GetInt64(); break;
                case "rootMode": mode = json.GetUInt32(); break;
                case "rootUid": uid = json.GetUInt32(); break;
                case "rootGid": gid = json.GetUInt32(); break;
                case "diffIds": diffIds = Strings(ref json); break;
                case "stack": stack = Strings(ref json); break;
                case "blobs": blobs = Strings(ref json); break;
                case "env": env = Strings(ref json); break;
                case "entrypoint": entrypoint = Strings(ref json); break;
                case "cmd": cmd = Strings(ref json); break;
                case "user": user = json.GetString()!; break;
                case "workingDir": workingDir = json.GetString()!; break;
                case "stopSignal": stopSignal = json.GetString()!; break;
                case "volumes": volumes = Strings(ref json); break;
                case "exposedPorts": exposedPorts = Strings(ref json); break;
                case "labels":
                    while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                    {
                        var key = json.GetString()!;
                        json.Read();
                        labels[key] = json.GetString()!;
                    }

                    break;
                default: json.Skip(); break;
            }
        }

        var stacked = stack.ConvertAll(Parse);
        return new()
        {
            Id = id ?? throw new FormatException("no id"),
            Digest = digest ?? throw new FormatException("no digest"),
            Created = created,
            Size = size,
            Config = new()
            {
                Env = env,
                Entrypoint = entrypoint,
                Cmd = cmd,
                User = user,
                WorkingDir = workingDir,
                StopSignal = stopSignal,
                Volumes = volumes,
                ExposedPorts = exposedPorts,
                Labels = labels,
            },
            DiffIds = diffIds.ConvertAll(Parse),
            Stack = stacked,
            LayerPaths = stacked.ConvertAll(folder.LayerTree),
            Root = new(mode, uid, gid),
            Blobs = blobs.ConvertAll(Parse),
        };
    }

    private static List<string> Strings(ref Utf8JsonReader json)
    {
        var values = new List<string>();
        while (json.Read() && json.TokenType == JsonTokenType.String)
        {
            values.Add(json.GetString()!);
        }

        return values;
    }

    private static Digest Parse(string? text) => Digest.TryParse(text, out var digest) ? digest : throw new FormatException("a digest is malformed");
}
