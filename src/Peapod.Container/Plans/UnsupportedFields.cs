using System.Collections;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>What a later version does. To leave out a confinement that was asked for would be worse than to refuse.</summary>
internal static class UnsupportedFields
{
    internal static void Refuse(Spec spec)
    {
        Refuse(spec.Linux?.IntelRdt, "linux.intelRdt");
    }

    private static void Refuse(object? value, string field)
    {
        var isSet = value switch
        {
            null or "" => false,
            IEnumerable items and not string => items.GetEnumerator().MoveNext(),
            _ => true,
        };
        if (isSet)
        {
            throw new SpecException(field, "is not supported by this version of Peapod");
        }
    }
}
