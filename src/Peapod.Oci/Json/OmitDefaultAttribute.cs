namespace Peapod.Oci.Json;

/// <summary>A number, boolean or string that is never null but is not written when zero, false or empty (Go's <c>omitempty</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OmitDefaultAttribute : Attribute;
