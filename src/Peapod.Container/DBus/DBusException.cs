namespace Peapod.Container.DBus;

/// <summary>An error that the other side answered, or a message that is none.</summary>
internal sealed class DBusException(string message, string name = "") : Exception(message)
{
    /// <summary>The error's name, such as <c>org.freedesktop.systemd1.NoSuchUnit</c>; empty when it is our own.</summary>
    internal string Name { get; } = name;
}
