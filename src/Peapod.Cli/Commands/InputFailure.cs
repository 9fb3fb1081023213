using Peapod.Kernel;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary>Why a file with a document of the user's cannot be read.</summary>
internal static class InputFailure
{
    internal static string Reason(KernelException e) => e.Error == Errno.EFBIG ? $"it is larger than {Spec.LargestDocument} bytes" : e.Reason;
}
