using Peapod.Kernel;

namespace Peapod.Shim.Control;

/// <summary>Takes a request.</summary>
/// <param name="request">The message.</param>
/// <param name="client">Whom to answer, at once or later: <see cref="ControlSocket.Answer"/>.</param>
internal delegate void ServeRequest(ReadOnlySpan<byte> request, SafeFd client);
