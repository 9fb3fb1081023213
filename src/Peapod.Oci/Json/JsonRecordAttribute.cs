namespace Peapod.Oci.Json;

/// <summary>
/// The record is a JSON object: Peapod.Oci.Generator writes its reader and writer. A field's name is the property's with a
/// small first letter. null and absent are the same; a value type that is not nullable is always written.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class JsonRecordAttribute : Attribute;
