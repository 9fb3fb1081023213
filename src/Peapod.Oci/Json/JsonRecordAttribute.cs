namespace Peapod.Oci.Json;

/// <summary>The record gets a JSON reader and writer from Peapod.Oci.Generator. JSON names are the property names with a small first letter.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class JsonRecordAttribute : Attribute;
