namespace Peapod.Oci;

/// <summary>Rules for moved network devices (config-linux.md, Network Devices).</summary>
internal static class NetDeviceRules
{
    private const int LongestName = 15;

    public static void Check(IReadOnlyDictionary<string, LinuxNetDevice> devices, NamespaceSet namespaces)
    {
        if (devices.Count != 0 && !namespaces.Has("network"))
        {
            throw new SpecException("linux.netDevices", "needs a network namespace in linux.namespaces");
        }
        foreach (KeyValuePair<string, LinuxNetDevice> device in devices)
        {
            if (!IsInterfaceName(device.Key))
            {
                throw new SpecException("linux.netDevices", $"\"{device.Key}\" is not the name of a network interface");
            }
            if (!string.IsNullOrEmpty(device.Value.Name) && !IsInterfaceName(WithoutTemplate(device.Value.Name)))
            {
                throw new SpecException($"linux.netDevices.{device.Key}.name", $"\"{device.Value.Name}\" is not the name of a network interface");
            }
        }
    }

    /// <summary>A name that ends with %d stands for the next free number, which has one digit at least.</summary>
    private static string WithoutTemplate(string name) => name.EndsWith("%d", StringComparison.Ordinal) ? name[..^2] + "0" : name;

    // As the kernel's dev_valid_name has it; "%" would make the kernel choose a number.
    private static bool IsInterfaceName(string name) =>
        name.Length is > 0 and <= LongestName && name is not ("." or "..") && !HasForbiddenCharacter(name);

    private static bool HasForbiddenCharacter(string name)
    {
        foreach (char c in name)
        {
            if (c is '/' or ':' or '%' or '\0' || char.IsWhiteSpace(c))
            {
                return true;
            }
        }
        return false;
    }
}
