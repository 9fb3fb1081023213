using System.Net;

namespace Peapod.Pod.Supervision.Probes;

/// <summary>Whether a port takes a connection.</summary>
internal sealed class TcpAttempt : StreamAttempt
{
    internal TcpAttempt(IPAddress address, int port) => Connect(address, port);

    protected override AttemptResult? Connected() => new AttemptResult(true, "");

    protected override AttemptResult? Received(ReadOnlySpan<byte> data) => null;

    protected override AttemptResult Closed() => new(true, "");
}
