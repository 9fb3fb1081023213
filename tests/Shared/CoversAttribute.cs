namespace Peapod.Tests;

/// <summary>
/// What of the runtime-spec and of runc's command line a test is about: a field of config.json as its path (<c>process.rlimits</c>, with all
/// that is below it), or a command with one of its flags (<c>run --detach</c>). docs/oci-conformance.md is made from these.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
internal sealed class CoversAttribute(params string[] rows) : Attribute
{
    public IReadOnlyList<string> Rows { get; } = rows;
}
