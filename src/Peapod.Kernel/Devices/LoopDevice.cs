using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;

namespace Peapod.Kernel.Devices;

/// <summary>A file as a block device, loop(4). It stays attached when this is disposed, unless it was not kept.</summary>
public sealed unsafe class LoopDevice : IDisposable
{
    private const string ControlPath = "/dev/loop-control";

    /// <summary>Others may take a free device before us.</summary>
    private const int Attempts = 64;

    private readonly SafeFd fd;
    private readonly string path;

    private LoopDevice(SafeFd fd, int number)
    {
        this.fd = fd;
        Number = number;
        path = PathOf(number);
        var status = FileSystem.Stat(fd, path);
        (Major, Minor) = (status.RdevMajor, status.RdevMinor);
    }

    /// <summary>Of /dev/loopN.</summary>
    public int Number { get; }

    public uint Major { get; }

    public uint Minor { get; }

    /// <summary>Attaches a file to a free device. The kernel detaches it when nobody has the device open any more, also after a kill, until <see cref="Keep"/>.</summary>
    /// <param name="file">Open for reading and writing. Its pages are not cached a second time where its file system can do without (direct I/O).</param>
    /// <param name="name">What the device is said to be made of; up to 63 bytes are kept.</param>
    /// <exception cref="KernelException">No loop devices here, or none is free.</exception>
    public static LoopDevice Attach(SafeFd file, string name)
    {
        using var control = FileSystem.Open(ControlPath, Libc.O_RDWR);
        for (var attempt = 1; ; attempt++)
        {
            var number = KernelException.Check(Libc.ioctl_int(control.Number, Libc.LOOP_CTL_GET_FREE, 0), "ioctl(LOOP_CTL_GET_FREE)", ControlPath);
            var path = PathOf(number);
            var fd = FileSystem.Open(path, Libc.O_RDWR);
            try
            {
                if (Configure(fd, file, name))
                {
                    return new LoopDevice(fd, number);
                }

                var error = KernelException.Last("ioctl(LOOP_CONFIGURE)", path);
                if (error.Error != Errno.EBUSY || attempt == Attempts)
                {
                    throw error;
                }
            }
            catch
            {
                fd.Dispose();
                throw;
            }

            fd.Dispose();
        }
    }

    /// <summary>Opens a device, if that very file is attached to it.</summary>
    /// <param name="number">Of /dev/loopN.</param>
    /// <param name="file">The file, as it is now.</param>
    public static LoopDevice? TryOpen(int number, in Statx file)
    {
        var opened = Libc.open(PathOf(number), Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (opened < 0)
        {
            var error = KernelException.Last("open", PathOf(number));
            return error.Error is Errno.ENOENT or Errno.ENXIO or Errno.ENODEV ? null : throw error;
        }

        var fd = new SafeFd(opened);
        LoopInfo info;
        if (Libc.ioctl(fd.Number, Libc.LOOP_GET_STATUS64, &info) == 0 && info.Inode == file.Inode && info.Device == Encode(file.DevMajor, file.DevMinor))
        {
            return new LoopDevice(fd, number);
        }

        fd.Dispose();
        return null;
    }

    /// <summary>Has it stay attached until <see cref="Detach"/>, whether or not somebody has it open.</summary>
    public void Keep()
    {
        LoopInfo info;
        KernelException.Check(Libc.ioctl(fd.Number, Libc.LOOP_GET_STATUS64, &info), "ioctl(LOOP_GET_STATUS64)", path);
        info.Flags &= ~Libc.LO_FLAGS_AUTOCLEAR;
        KernelException.Check(Libc.ioctl(fd.Number, Libc.LOOP_SET_STATUS64, &info), "ioctl(LOOP_SET_STATUS64)", path);
    }

    /// <summary>Takes the file from it as soon as nobody has it open any more.</summary>
    public void Detach() => KernelException.Check(Libc.ioctl_int(fd.Number, Libc.LOOP_CLR_FD, 0), "ioctl(LOOP_CLR_FD)", path);

    public void Dispose() => fd.Dispose();

    private static string PathOf(int number) => string.Create(CultureInfo.InvariantCulture, $"/dev/loop{number}");

    private static bool Configure(SafeFd device, SafeFd file, string name)
    {
        var config = new LoopConfig { Fd = (uint)file.Number };
        config.Info.Flags = Libc.LO_FLAGS_AUTOCLEAR | Libc.LO_FLAGS_DIRECT_IO;
        var bytes = Encoding.UTF8.GetBytes(name);
        bytes.AsSpan(0, Math.Min(bytes.Length, 63)).CopyTo(new Span<byte>(config.Info.FileName, 63));
        if (Libc.ioctl(device.Number, Libc.LOOP_CONFIGURE, &config) == 0)
        {
            return true;
        }

        if (Marshal.GetLastPInvokeError() != (int)Errno.EINVAL)
        {
            return false;
        }

        // A file system without direct I/O, of which some kernels say so.
        config.Info.Flags = Libc.LO_FLAGS_AUTOCLEAR;
        return Libc.ioctl(device.Number, Libc.LOOP_CONFIGURE, &config) == 0;
    }

    /// <summary>As the kernel writes a device's number for programs: huge_encode_dev.</summary>
    private static ulong Encode(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((ulong)(minor & ~0xffu) << 12);
}
