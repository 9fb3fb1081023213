using System.Globalization;
using Peapod.Container.DBus;
using Peapod.Kernel;

namespace Peapod.Container.Systemd;

/// <summary>The host's service manager; org.freedesktop.systemd1(5). A user's own manager is not spoken to: Peapod runs as root.</summary>
internal sealed class SystemdManager : IDisposable
{
    internal const string PrivateSocket = "/run/systemd/private";
    internal const string BusSocket = "/run/dbus/system_bus_socket";

    private const string Service = "org.freedesktop.systemd1";
    private const string ManagerPath = "/org/freedesktop/systemd1";
    private const string ManagerType = $"{Service}.Manager";
    private const string UnitExists = $"{Service}.UnitExists";
    private const string NoSuchUnit = $"{Service}.NoSuchUnit";
    private const int JobTimeoutMilliseconds = 30_000;

    private readonly DBusConnection connection;
    private int version;

    private SystemdManager(DBusConnection connection) => this.connection = connection;

    /// <summary>Connects to systemd itself, and where that cannot be had, by the system's bus.</summary>
    /// <exception cref="ContainerException">Neither answers.</exception>
    internal static SystemdManager Connect(string privateSocket = PrivateSocket, string busSocket = BusSocket)
    {
        try
        {
            return new(DBusConnection.Open(privateSocket, isBus: false));
        }
        catch (Exception direct) when (direct is KernelException or DBusException)
        {
            try
            {
                return OnBus(DBusConnection.Open(busSocket, isBus: true));
            }
            catch (Exception e) when (e is KernelException or DBusException)
            {
                throw new ContainerException(
                    $"cannot reach systemd: {privateSocket}: {Reason(direct)}; {busSocket}: {Reason(e)}\n  without systemd, leave out --systemd-cgroup: cgroups are made in the file system then", 1, e);
            }
        }
    }

    /// <summary>Starts a transient scope with the processes in it, and returns when they are.</summary>
    /// <exception cref="ContainerException">systemd refuses a property, or there is such a unit already.</exception>
    internal void StartScope(string unit, IReadOnlyList<UnitProperty> properties, params ReadOnlySpan<int> processes)
    {
        if (!connection.SharesProcessNumbers)
        {
            throw new ContainerException("--systemd-cgroup: systemd is not in this PID namespace: by the number of a process it would mean another one\n  run Peapod in the PID namespace of the host, or leave out the flag");
        }

        var pids = new object[processes.Length];
        for (var i = 0; i < pids.Length; i++)
        {
            pids[i] = (uint)processes[i];
        }

        object[] known = [.. Known(properties), new object[] { "PIDs", new DBusVariant("au", pids) }];
        try
        {
            Start(unit, known);
        }
        catch (DBusException e) when (e.Name == UnitExists && ActiveState(unit) is "failed" or "inactive" or null)
        {
            // One that failed stays to be looked at until somebody resets it.
            ResetFailed(unit);
            Do(properties, OfConfiguration, () => Start(unit, known));
        }
        catch (DBusException e) when (e.Name == UnitExists)
        {
            throw new ContainerException($"config.json: linux.cgroupsPath: the unit \"{unit}\" is there already: it is {ActiveState(unit)}", 1, e);
        }
        catch (DBusException e)
        {
            throw Refused(properties, OfConfiguration, e);
        }
    }

    /// <summary>Changes properties until the unit's end.</summary>
    /// <param name="nameOf">A field as the user wrote it, for the sentence.</param>
    /// <exception cref="ContainerException">systemd refuses one; none is changed then.</exception>
    internal void SetProperties(string unit, IReadOnlyList<UnitProperty> properties, Func<string, string> nameOf)
    {
        var known = Known(properties);
        if (known.Length > 0)
        {
            Do(properties, nameOf, () => Call("SetUnitProperties", "sba(sv)", unit, true, known));
        }
    }

    /// <summary>Ends the unit if it is there, and has systemd forget it.</summary>
    /// <exception cref="ContainerException">It does not end.</exception>
    internal void Stop(string unit)
    {
        try
        {
            var job = (string)Call("StopUnit", "ss", unit, "replace")[0];
            if (WaitForJob(job) is null)
            {
                throw new ContainerException($"systemd did not stop the unit \"{unit}\" within {JobTimeoutMilliseconds / 1000} seconds");
            }
        }
        catch (DBusException e) when (e.Name == NoSuchUnit)
        {
            return;
        }
        catch (DBusException e)
        {
            throw new ContainerException($"systemd does not stop the unit \"{unit}\": {e.Message}", 1, e);
        }

        ResetFailed(unit);
    }

    /// <summary>active, failed and so on; null when there is no such unit.</summary>
    internal string? ActiveState(string unit)
    {
        try
        {
            var path = (string)Call("GetUnit", "s", unit)[0];
            return Get(path, $"{Service}.Unit", "ActiveState").Value as string;
        }
        catch (DBusException e) when (e.Name == NoSuchUnit)
        {
            return null;
        }
    }

    public void Dispose() => connection.Dispose();

    private static SystemdManager OnBus(DBusConnection connection)
    {
        // A bus passes on only the signals that were asked for, and systemd sends them there only when somebody has subscribed.
        const string rule = $"type='signal',sender='{Service}',interface='{ManagerType}',member='JobRemoved'";
        var manager = new SystemdManager(connection);
        try
        {
            connection.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", rule);
            manager.Call("Subscribe", "");
            return manager;
        }
        catch
        {
            manager.Dispose();
            throw;
        }
    }

    private void Start(string unit, object[] properties)
    {
        var job = (string)Call("StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail", properties, Array.Empty<object>())[0];
        var result = WaitForJob(job);
        if (result != "done")
        {
            ResetFailed(unit);
            throw new ContainerException(result is null
                ? $"systemd did not start the unit \"{unit}\" within {JobTimeoutMilliseconds / 1000} seconds"
                : $"systemd did not start the unit \"{unit}\": its job ended as {result}\n  systemctl status {unit}, and the journal, may say more");
        }
    }

    /// <summary>How the job ended: done, failed, canceled and so on; null when it did not in time.</summary>
    private string? WaitForJob(string job) =>
        connection.WaitForSignal("JobRemoved", arguments => arguments is [uint, string path, string, string] && path == job, JobTimeoutMilliseconds) is [.., string result]
            ? result
            : null;

    private void ResetFailed(string unit)
    {
        try
        {
            Call("ResetFailedUnit", "s", unit);
        }
        catch (DBusException e) when (e.Name == NoSuchUnit)
        {
            // It went by itself, as it does unless it failed.
        }
    }

    /// <summary>Those that this systemd knows, as array of (name, value).</summary>
    private object[] Known(IReadOnlyList<UnitProperty> properties)
    {
        var known = new List<object>();
        foreach (var property in properties)
        {
            if (property.Since == 0 || property.Since <= Version())
            {
                known.Add(new object[] { property.Name, property.Value });
            }
        }

        return [.. known];
    }

    /// <summary>"257.9-1~deb13u1" is 257, and so is "v257".</summary>
    private int Version()
    {
        if (version == 0)
        {
            var text = (Get(ManagerPath, ManagerType, "Version").Value as string ?? "").TrimStart('v');
            var end = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
            version = int.TryParse(text.AsSpan(0, end < 0 ? text.Length : end), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 1;
        }

        return version;
    }

    private DBusVariant Get(string path, string type, string property) =>
        (DBusVariant)connection.Call(Service, path, "org.freedesktop.DBus.Properties", "Get", "ss", type, property)[0];

    private object[] Call(string member, string signature, params ReadOnlySpan<object> arguments) =>
        connection.Call(Service, ManagerPath, ManagerType, member, signature, arguments);

    private static string OfConfiguration(string field) => $"config.json: {field}";

    private static void Do(IReadOnlyList<UnitProperty> properties, Func<string, string> nameOf, Action call)
    {
        try
        {
            call();
        }
        catch (DBusException e)
        {
            throw Refused(properties, nameOf, e);
        }
    }

    /// <summary>systemd names the property that it refuses; the user knows the field.</summary>
    private static ContainerException Refused(IReadOnlyList<UnitProperty> properties, Func<string, string> nameOf, DBusException error)
    {
        foreach (var property in properties)
        {
            if (property.Field.Length > 0 && Mentions(error.Message, property.Name))
            {
                return new($"{nameOf(property.Field)}: systemd refuses {property}: {error.Message}", 1, error);
            }
        }

        return new($"systemd refuses the container's scope: {error.Message}", 1, error);
    }

    private static bool Mentions(string message, string name)
    {
        var start = message.IndexOf(name, StringComparison.Ordinal);
        return start >= 0
            && (start == 0 || !char.IsAsciiLetter(message[start - 1]))
            && (start + name.Length == message.Length || !char.IsAsciiLetter(message[start + name.Length]));
    }

    private static string Reason(Exception e) => e is KernelException kernel ? KernelException.Describe(kernel.Error) : e.Message;
}
