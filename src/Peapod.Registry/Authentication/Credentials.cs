using System.Text;

namespace Peapod.Registry.Authentication;

/// <summary>Who asks a registry: a name with a password, or an identity token that a token service gives others for.</summary>
internal sealed record Credentials(string User, string Password, string? IdentityToken = null)
{
    /// <summary>RFC 7617.</summary>
    internal string Basic => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"))}";

    /// <summary>No password is printed with the record.</summary>
    public override string ToString() => User;
}
