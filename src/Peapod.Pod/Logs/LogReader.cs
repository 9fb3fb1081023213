using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Pod.Logs;

/// <summary>Reads a container's log back: the lines as the container wrote them.</summary>
public sealed class LogReader : IDisposable
{
    private readonly SafeFd file;
    private readonly List<byte> rest = [];

    private LogReader(SafeFd file) => this.file = file;

    /// <summary>The log, or null when the container has none yet.</summary>
    public static LogReader? TryOpen(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return fd < 0 ? null : new LogReader(new SafeFd(fd));
    }

    /// <summary>Hands on what was written since the last call.</summary>
    /// <param name="write">Takes the stream's name and the text.</param>
    public void Read(Action<string, ReadOnlyMemory<byte>> write)
    {
        var buffer = new byte[65536];
        int count;
        while ((count = FileSystem.Read(file, buffer)) > 0)
        {
            rest.AddRange(buffer.AsSpan(0, count));
            int end;
            while ((end = rest.IndexOf((byte)'\n')) >= 0)
            {
                Hand(rest.GetRange(0, end + 1).ToArray(), write);
                rest.RemoveRange(0, end + 1);
            }
        }
    }

    public void Dispose() => file.Dispose();

    private static void Hand(byte[] line, Action<string, ReadOnlyMemory<byte>> write)
    {
        // "time stream F text\n"
        var time = Array.IndexOf(line, (byte)' ');
        var stream = Array.IndexOf(line, (byte)' ', time + 1);
        var tag = Array.IndexOf(line, (byte)' ', stream + 1);
        var whole = line[stream + 1] == (byte)'F';
        write(Encoding.ASCII.GetString(line, time + 1, stream - time - 1), line.AsMemory((tag + 1)..(whole ? line.Length : line.Length - 1)));
    }
}
