using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Peapod.Kernel.Interop;

/// <summary>
/// A string as C has it, UTF-8 up to a NUL, for the time of one call: Tmds.LibC takes pointers. Short ones lie in the caller's
/// stack buffer, longer ones in native memory until <see cref="Dispose"/>.
/// </summary>
internal unsafe ref struct CString
{
    /// <summary>Bytes for the buffer: enough for most paths.</summary>
    internal const int StackBytes = 256;

    private readonly byte* text;
    private readonly bool allocated;

    /// <param name="value">May be null, which C gets as a null pointer.</param>
    /// <param name="buffer">On the caller's stack: what is elsewhere may be moved.</param>
    internal CString(string? value, Span<byte> buffer)
    {
        if (value is null)
        {
            return;
        }

        // A UTF-16 code unit takes three bytes of UTF-8 at most.
        if (value.Length >= buffer.Length / 3)
        {
            var needed = Encoding.UTF8.GetByteCount(value) + 1;
            if (needed > buffer.Length)
            {
                text = (byte*)NativeMemory.Alloc((nuint)needed);
                allocated = true;
                buffer = new Span<byte>(text, needed);
            }
        }

        text = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
        buffer[Encoding.UTF8.GetBytes(value, buffer)] = 0;
    }

    public static implicit operator byte*(CString value) => value.text;

    public readonly void Dispose()
    {
        if (allocated)
        {
            NativeMemory.Free(text);
        }
    }
}
