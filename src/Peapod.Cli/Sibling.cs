using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Cli;

/// <summary>
/// peapod-pod, which knows pods and images and may link what they need: it lies beside this executable, or in
/// libexec/peapod beside its folder.
/// </summary>
internal static unsafe class Sibling
{
    private const string Name = "peapod-pod";

    internal static bool IsFor(string[] args) => args is ["pod" or "image", ..];

    /// <summary>Becomes the sibling; returns only when there is none.</summary>
    internal static int Execute(string[] args)
    {
        var folder = Path.GetDirectoryName(FileSystem.ReadLink("/proc/self/exe"))!;
        string[] places = [$"{folder}/{Name}", Path.GetFullPath($"{folder}/../libexec/peapod/{Name}")];
        var argv = Strings([Name, .. args]);
        var envp = Environment();
        foreach (var place in places)
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(place + "\0"))
            {
                Libc.execve(path, argv, envp);
            }

            if (Marshal.GetLastPInvokeError() != (int)Errno.ENOENT)
            {
                Output.Error($"peapod: {KernelException.Last("execve", place).Message}");
                return 1;
            }
        }

        Output.Error($"peapod: {Name} is missing; it was looked for at {string.Join(" and ", places)}");
        return 1;
    }

    /// <summary>The environment as we got it: byte for byte, from the kernel.</summary>
    private static byte** Environment()
    {
        var bytes = FileSystem.ReadAllBytes("/proc/self/environ");
        var pointers = new List<nint>();
        var start = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(start, bytes.Length));
        for (var i = 0; i < bytes.Length; i = i + bytes.AsSpan(i).IndexOf((byte)0) + 1)
        {
            pointers.Add((nint)(start + i));
        }

        return Pointers(pointers);
    }

    private static byte** Strings(string[] texts)
    {
        var pointers = new List<nint>();
        foreach (var text in texts)
        {
            pointers.Add(Marshal.StringToCoTaskMemUTF8(text));
        }

        return Pointers(pointers);
    }

    private static byte** Pointers(List<nint> items)
    {
        var result = (byte**)NativeMemory.Alloc((nuint)(items.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < items.Count; i++)
        {
            result[i] = (byte*)items[i];
        }

        result[items.Count] = null;
        return result;
    }
}
