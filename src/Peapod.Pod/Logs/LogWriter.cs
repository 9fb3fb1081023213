using System.Globalization;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Logs;

/// <summary>
/// A container's log in CRI's line format: <c>time stream F line</c>, with P instead of F for a part of a line that goes on.
/// Both streams of a container share one file.
/// </summary>
internal sealed class LogWriter(SafeFd file) : IDisposable
{
    private const int LongestPart = 16384;

    internal static LogWriter Open(string path) =>
        new(FileSystem.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NOFOLLOW, 0x1a0));

    /// <summary>One stream, which keeps the line that is not finished yet.</summary>
    internal sealed class Stream(LogWriter writer, string name)
    {
        private readonly List<byte> rest = [];

        internal void Write(ReadOnlySpan<byte> data)
        {
            while (!data.IsEmpty)
            {
                var end = data.IndexOf((byte)'\n');
                var part = end < 0 ? data : data[..end];
                rest.AddRange(part);
                if (end >= 0 || rest.Count >= LongestPart)
                {
                    writer.Append(name, end >= 0, rest);
                    rest.Clear();
                }

                data = end < 0 ? [] : data[(end + 1)..];
            }
        }

        /// <summary>Writes what did not end in a line end.</summary>
        internal void Finish()
        {
            if (rest.Count > 0)
            {
                writer.Append(name, whole: true, rest);
                rest.Clear();
            }
        }
    }

    public void Dispose() => file.Dispose();

    private void Append(string stream, bool whole, List<byte> line)
    {
        var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);
        var head = Encoding.ASCII.GetBytes($"{time} {stream} {(whole ? 'F' : 'P')} ");
        FileSystem.Write(file, [.. head, .. line, (byte)'\n'], "log");
    }
}
