using Peapod.Pod.Objects;

namespace Peapod.Pod.Manifest;

/// <summary>Where volumes stand in a container, and block devices.</summary>
internal sealed class VolumeMountRules(FieldErrors errors, IReadOnlyDictionary<string, Volume>? volumes)
{
    private const string NotUnique = "must be unique";

    public void Validate(ContainerSpec container, string path)
    {
        var devices = new Dictionary<string, string>();
        foreach (var device in container.VolumeDevices)
        {
            devices[device.Name] = device.DevicePath;
        }

        var places = new HashSet<string>();
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = container.VolumeMounts[i];
            var at = SourceLines.Element(path + ".volumeMounts", i);
            Name(mount.Name, at);
            if (mount.MountPath.Length == 0)
            {
                errors.Required(at + ".mountPath");
            }
            else if (!places.Add(mount.MountPath))
            {
                errors.Invalid(at + ".mountPath", mount.MountPath, NotUnique);
            }
            else if (devices.ContainsValue(mount.MountPath))
            {
                errors.Invalid(at + ".mountPath", mount.MountPath, "must not already exist as a path in volumeDevices");
            }

            if (devices.ContainsKey(mount.Name))
            {
                errors.Invalid(at + ".name", mount.Name, "must not already exist in volumeDevices");
            }

            SubPaths(mount, at);
            Propagation(mount, container.SecurityContext?.Privileged == true, at);
        }

        Devices(container, path + ".volumeDevices");
    }

    private void Name(string name, string path)
    {
        if (name.Length == 0)
        {
            errors.Required(path + ".name");
        }
        else if (volumes?.ContainsKey(name) == false)
        {
            errors.NotFound(path + ".name", name);
        }
    }

    private void SubPaths(VolumeMount mount, string path)
    {
        if (!string.IsNullOrEmpty(mount.SubPath))
        {
            errors.Descending(mount.SubPath, path + ".subPath");
        }

        if (!string.IsNullOrEmpty(mount.SubPathExpr))
        {
            if (!string.IsNullOrEmpty(mount.SubPath))
            {
                errors.Invalid(path + ".subPathExpr", mount.SubPathExpr, "subPathExpr and subPath are mutually exclusive");
            }

            errors.Descending(mount.SubPathExpr, path + ".subPathExpr");
        }
    }

    private void Propagation(VolumeMount mount, bool privileged, string path)
    {
        if (mount.MountPropagation == MountPropagation.Bidirectional && !privileged)
        {
            errors.Forbidden(path + ".mountPropagation", "Bidirectional mount propagation is available only to privileged containers");
        }

        if (mount.RecursiveReadOnly is null or RecursiveReadOnly.Disabled)
        {
            return;
        }

        if (!mount.ReadOnly)
        {
            errors.Forbidden(path + ".recursiveReadOnly", "may only be specified when readOnly is true");
        }
        else if (mount.MountPropagation is not (null or MountPropagation.None))
        {
            errors.Forbidden(path + ".recursiveReadOnly", "may only be specified when mountPropagation is None or not specified");
        }
    }

    private void Devices(ContainerSpec container, string path)
    {
        var names = new HashSet<string>();
        var places = new HashSet<string>();
        for (var i = 0; i < container.VolumeDevices.Count; i++)
        {
            var device = container.VolumeDevices[i];
            var at = SourceLines.Element(path, i);
            Name(device.Name, at);
            if (device.Name.Length > 0 && !names.Add(device.Name))
            {
                errors.Invalid(at + ".name", device.Name, NotUnique);
            }
            else if (volumes?.GetValueOrDefault(device.Name) is { PersistentVolumeClaim: null, Ephemeral: null })
            {
                errors.Invalid(at + ".name", device.Name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }

            if (device.DevicePath.Length == 0)
            {
                errors.Required(at + ".devicePath");
            }
            else if (PathRules.HasBacksteps(device.DevicePath))
            {
                errors.Invalid(at + ".devicePath", device.DevicePath, "can not contain backsteps ('..')");
            }
            else if (!places.Add(device.DevicePath))
            {
                errors.Invalid(at + ".devicePath", device.DevicePath, NotUnique);
            }
        }
    }
}
