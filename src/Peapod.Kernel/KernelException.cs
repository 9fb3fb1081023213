using System.Runtime.InteropServices;

namespace Peapod.Kernel;

/// <summary>A refused system call: what was being done, on what, and the kernel's reason.</summary>
public class KernelException : Exception
{
    /// <param name="operation">The call, by its manual page's name: <c>openat2</c>, <c>mount_setattr</c>.</param>
    /// <param name="subject">What it was done on (a path, a name, a pid), or null.</param>
    /// <param name="error">errno as the kernel set it.</param>
    /// <param name="detail">What the kernel added in words (netlink's extended acknowledgement), or null.</param>
    public KernelException(string operation, string? subject, Errno error, string? detail = null)
        : base((subject is null ? $"{operation}: {Describe(error)}" : $"{operation} \"{subject}\": {Describe(error)}")
            + (string.IsNullOrEmpty(detail) ? "" : $" ({detail})"))
    {
        Operation = operation;
        Detail = detail;
        Subject = subject;
        Error = error;
    }

    /// <param name="message">The whole sentence, where the kernel's own words would say less.</param>
    private protected KernelException(string message, string operation, string? subject, Errno error)
        : base(message)
    {
        Operation = operation;
        Subject = subject;
        Error = error;
    }

    public string Operation { get; }

    public string? Subject { get; }

    public Errno Error { get; }

    private string? Detail { get; }

    /// <summary>The kernel's reason alone, or the words that say it better.</summary>
    public string Reason => string.IsNullOrEmpty(Detail) ? Describe(Error) : Detail;

    /// <summary>
    /// There is something of that name, and it cannot be read as the file that it should be: a directory, a FIFO, a socket, a loop of symlinks, far
    /// too large, or on a disk that fails. Whoever keeps its state there takes it for damaged; what only this process may not do is none of it.
    /// </summary>
    public bool IsDamage => Error is Errno.EISDIR or Errno.EINVAL or Errno.EFBIG or Errno.ELOOP or Errno.EIO or Errno.ENXIO or Errno.ENODEV or Errno.EOVERFLOW;

    /// <summary>strerror(3) of <paramref name="error"/>.</summary>
    public static string Describe(Errno error) => Marshal.GetPInvokeErrorMessage((int)error);

    /// <summary>The exception for the last failed call of this thread.</summary>
    public static KernelException Last(string operation, string? subject = null) =>
        new(operation, subject, (Errno)Marshal.GetLastPInvokeError());

    /// <summary>Returns <paramref name="result"/>, or throws with errno when it is negative.</summary>
    public static int Check(int result, string operation, string? subject = null) =>
        result >= 0 ? result : throw Last(operation, subject);

    /// <inheritdoc cref="Check(int,string,string?)"/>
    public static nint Check(nint result, string operation, string? subject = null) =>
        result >= 0 ? result : throw Last(operation, subject);
}
