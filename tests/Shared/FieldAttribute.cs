namespace Peapod.Tests;

/// <summary>
/// The fields of a manifest that a test is about, as the API server writes their paths, with <c>[]</c> for the elements of a list:
/// <c>spec.containers[].env[].valueFrom.fieldRef</c>, with all that is below it; those of other kinds with the
/// kind before them: <c>ConfigMap.binaryData</c>. docs/pod-manifest.md is made from these.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
internal sealed class FieldAttribute(params string[] paths) : Attribute
{
    public IReadOnlyList<string> Paths { get; } = paths;
}
