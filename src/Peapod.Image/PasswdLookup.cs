using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Kernel.Terminals;

namespace Peapod.Image;

/// <summary>
/// Finds the user that an image or a manifest names in the image's own /etc/passwd and /etc/group. Both belong to the image, so they are read
/// with its root as "/", as regular files only and up to a limit; and a number always means itself, whatever the files say of such a name.
/// </summary>
public static class PasswdLookup
{
    /// <summary>Bytes that /etc/passwd or /etc/group may have.</summary>
    public const int FileLimit = 1 << 20;

    /// <param name="root">The container's root, such as a <see cref="Kernel.Mounts.DetachedMount"/>.</param>
    /// <param name="user"><c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c>; empty for user 0.</param>
    /// <exception cref="ImageException">No such user or group, or a number out of range.</exception>
    public static ContainerUser Resolve(SafeFd root, string user)
    {
        var colon = user.IndexOf(':');
        var userPart = colon < 0 ? user : user[..colon];
        var groupPart = colon < 0 ? "" : user[(colon + 1)..];
        if (colon >= 0 && (groupPart.Length == 0 || groupPart.Contains(':')))
        {
            throw new ImageException($"user \"{Printable.Short(user)}\": expected a name or number, or two with one ':' between");
        }

        if (userPart.Length == 0)
        {
            userPart = "0";
        }

        var number = Number(userPart, user, "user");
        var account = Accounts(root).FirstOrDefault(found => number is { } wanted ? found.Uid == wanted : found.Name == userPart);
        if (account is null && number is null)
        {
            throw new ImageException($"user \"{Printable.Short(user)}\": \"{Printable.Short(userPart)}\" is not in the image's /etc/passwd");
        }

        var uid = number ?? account!.Uid;
        var home = account is not null && account.Home.StartsWith('/') ? account.Home : "/";
        if (groupPart.Length > 0)
        {
            var gid = Number(groupPart, user, "group")
                ?? Groups(root).FirstOrDefault(group => group.Name == groupPart)?.Gid
                ?? throw new ImageException($"user \"{Printable.Short(user)}\": group \"{Printable.Short(groupPart)}\" is not in the image's /etc/group");
            return new(uid, gid, [gid], home);
        }

        var primary = account?.Gid ?? 0;
        var additional = new List<uint> { primary };
        if (account is not null)
        {
            additional.AddRange(Groups(root).Where(group => group.Members.Contains(account.Name)).Select(group => group.Gid));
        }

        return new(uid, primary, additional.Distinct().ToList(), home);
    }

    /// <summary>Null when the text is a name. "-1" and numbers too large are neither names nor users.</summary>
    private static uint? Number(string text, string user, string what)
    {
        var digits = text[0] is '-' or '+' ? text.AsSpan(1) : text;
        if (digits.IsEmpty || digits.IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (uint)number
            : throw new ImageException($"user \"{Printable.Short(user)}\": {what} {Printable.Short(text)} is out of range; expected 0 to {int.MaxValue}");
    }

    private static IEnumerable<Account> Accounts(SafeFd root)
    {
        // name:password:uid:gid:gecos:home:shell. Lines that are none are passed over, as the C library does.
        foreach (var fields in Lines(root, "etc/passwd"))
        {
            if (fields.Length >= 4 && fields[0].Length > 0 && TryId(fields[2], out var uid) && TryId(fields[3], out var gid))
            {
                yield return new(fields[0], uid, gid, fields.Length > 5 ? fields[5] : "");
            }
        }
    }

    private static IEnumerable<Group> Groups(SafeFd root)
    {
        // name:password:gid:members
        foreach (var fields in Lines(root, "etc/group"))
        {
            if (fields.Length >= 3 && fields[0].Length > 0 && TryId(fields[2], out var gid))
            {
                yield return new(fields[0], gid, fields.Length > 3 ? fields[3].Split(',', StringSplitOptions.TrimEntries) : []);
            }
        }
    }

    private static bool TryId(string text, out uint id)
    {
        var valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        id = (uint)number;
        return valid;
    }

    private static IEnumerable<string[]> Lines(SafeFd root, string path) =>
        Encoding.UTF8.GetString(Read(root, path)).Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(':'));

    private static byte[] Read(SafeFd root, string path)
    {
        try
        {
            // O_PATH first: opening a device or a fifo of the image may already do something.
            using var found = FileSystem.OpenInRoot(root, path, Libc.O_PATH);
            var status = FileSystem.Stat(found, path);
            if (status.Type != Libc.S_IFREG)
            {
                throw new ImageException($"the image's /{path} is not a regular file");
            }

            if (status.Size > FileLimit)
            {
                throw TooLarge(path);
            }

            using var file = FileSystem.Open($"/proc/self/fd/{found.Number}", Libc.O_RDONLY);
            return FileSystem.ReadAllBytes(file, path, FileLimit);
        }
        catch (KernelException error) when (error.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            return [];
        }
        catch (KernelException error) when (error.Error == Errno.EFBIG)
        {
            throw TooLarge(path);
        }
        catch (KernelException error)
        {
            throw new ImageException($"cannot read the image's /{path}: {KernelException.Describe(error.Error)}", error);
        }
    }

    private static ImageException TooLarge(string path) => new($"the image's /{path} is larger than {FileLimit} bytes");

    private sealed record Account(string Name, uint Uid, uint Gid, string Home);

    private sealed record Group(string Name, uint Gid, string[] Members);
}
