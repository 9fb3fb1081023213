using System.Runtime.InteropServices;

namespace Peapod.Image.Layers;

/// <summary>SHA-256 (FIPS 180-4), piece by piece. Not .NET's, which needs an OpenSSL that can be loaded, and a static executable loads nothing.</summary>
internal sealed unsafe partial class Sha256
{
    internal const int Size = 32;

    private readonly byte[] context = GC.AllocateUninitializedArray<byte>((int)peapod_sha256_size(), pinned: true);

    internal Sha256() => peapod_sha256_begin(Context);

    private byte* Context => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(context, 0);

    internal static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var hash = new Sha256();
        hash.Add(data);
        return hash.End();
    }

    internal void Add(ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            peapod_sha256_add(Context, bytes, (nuint)data.Length);
        }
    }

    /// <summary>The hash of all that was added. Begins anew.</summary>
    internal byte[] End()
    {
        var digest = new byte[Size];
        fixed (byte* bytes = digest)
        {
            peapod_sha256_end(Context, bytes);
        }

        return digest;
    }

    [LibraryImport("peapod-native")]
    private static partial nuint peapod_sha256_size();

    [LibraryImport("peapod-native")]
    private static partial void peapod_sha256_begin(byte* context);

    [LibraryImport("peapod-native")]
    private static partial void peapod_sha256_add(byte* context, byte* data, nuint size);

    [LibraryImport("peapod-native")]
    private static partial void peapod_sha256_end(byte* context, byte* digest);
}
