namespace Peapod.Container.Criu;

/// <summary>criu_req_type of criu's rpc.proto: what is asked for, and what an answer is about.</summary>
internal enum CriuRequestType
{
    Dump = 1,
    Restore = 2,
    PreDump = 4,
    Notify = 6,
    FeatureCheck = 9,
    Version = 10,
}
