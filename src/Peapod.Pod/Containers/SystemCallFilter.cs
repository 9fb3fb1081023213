using System.Text.Json;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Oci;
using Peapod.Pod.Objects;
using Peapod.Workload;

namespace Peapod.Pod.Containers;

/// <summary>securityContext.seccompProfile: the container's own, else the pod's, else RuntimeDefault. A privileged container has none.</summary>
internal static class SystemCallFilter
{
    /// <summary>Where Localhost profiles are looked for first; then in <c>seccomp</c> below the data folder.</summary>
    internal const string HostFolder = "/etc/peapod/seccomp";

    private const string Field = "securityContext.seccompProfile.localhostProfile";
    private const int LargestProfile = 1 << 20;

    /// <summary>What Docker's own format has besides the runtime-spec's: to pass over it would make another filter than the file means.</summary>
    private static readonly string[] DockersOwn = ["archMap", "includes", "excludes"];

    /// <param name="pod">The container's pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="capabilities">Its bounding set.</param>
    /// <param name="dataRoot">The host's folder of pods' data.</param>
    /// <exception cref="PodException">A profile of the host's that is not there, or is none.</exception>
    internal static LinuxSeccomp? Of(PodSpec pod, ContainerSpec container, IReadOnlyList<string> capabilities, string dataRoot)
    {
        if (container.SecurityContext?.Privileged == true)
        {
            return null;
        }

        var profile = container.SecurityContext?.SeccompProfile ?? pod.SecurityContext?.SeccompProfile;
        return profile?.Type switch
        {
            ProfileType.Unconfined => null,
            ProfileType.Localhost => Load(profile.LocalhostProfile ?? "", [HostFolder, $"{dataRoot}/seccomp"]),
            _ => DefaultSeccompProfile.For(capabilities),
        };
    }

    internal static LinuxSeccomp Load(string name, string[] folders)
    {
        if (name.Length == 0 || name[0] == '/' || Array.IndexOf(name.Split('/'), "..") >= 0)
        {
            throw Bad(name, "must be a path below the folder of profiles, without \"..\"");
        }

        foreach (var folder in folders)
        {
            if (TryRead(folder, name) is { } json)
            {
                return Parse(name, json);
            }
        }

        throw Bad(name, $"there is no such file in {string.Join(" or ", folders)}");
    }

    private static LinuxSeccomp Parse(string name, byte[] json)
    {
        try
        {
            RefuseDockersOwn(name, json);
            var profile = LinuxSeccomp.Parse(json);
            SpecValidator.ValidateSeccomp(profile);
            return profile;
        }
        catch (SpecException e)
        {
            throw Bad(name, $"{e.Message}", e);
        }
        catch (JsonException e)
        {
            throw Bad(name, $"not JSON: line {e.LineNumber + 1}", e);
        }
    }

    private static void RefuseDockersOwn(string name, byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && Array.IndexOf(DockersOwn, reader.GetString()) >= 0)
            {
                throw Bad(name, $"\"{reader.GetString()}\" is of Docker's format; a profile is an object as linux.seccomp of the runtime-spec has it, with \"architectures\" and without conditions");
            }
        }
    }

    private static byte[]? TryRead(string folder, string name)
    {
        try
        {
            // No symlink of it leads out of its folder, and nothing but a file is opened.
            using var root = FileSystem.OpenDirectory(folder);
            using var found = FileSystem.OpenInRoot(root, name, Libc.O_PATH);
            if (FileSystem.Stat(found, name).Type != Libc.S_IFREG)
            {
                throw Bad(name, $"is not a regular file in {folder}");
            }

            using var file = FileSystem.Open($"/proc/self/fd/{found.Number}", Libc.O_RDONLY);
            return FileSystem.ReadAllBytes(file, name, LargestProfile);
        }
        catch (KernelException e) when (e.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (KernelException e)
        {
            throw Bad(name, $"cannot be read in {folder}: {KernelException.Describe(e.Error)}", e);
        }
    }

    private static PodException Bad(string name, string why, Exception? inner = null) => new($"{Field}: \"{name}\": {why}", inner);
}
