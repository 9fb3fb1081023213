using System.Globalization;
using Peapod.Oci;

namespace Peapod.Container.Plans;

/// <summary>A list of CPUs or memory nodes such as <c>0-3,7</c> as the set of bits that the kernel takes. cpuset(7), "List format".</summary>
internal static class NumberSet
{
    /// <summary>The kernel can be built for that many CPUs, and for fewer memory nodes.</summary>
    internal const int Limit = 8192;

    /// <param name="list">The list; blanks around its numbers do not matter.</param>
    /// <param name="field">The field it comes from.</param>
    /// <returns>One bit each, in whole 64-bit words.</returns>
    /// <exception cref="SpecException">It is no such list.</exception>
    internal static byte[] Parse(string list, string field)
    {
        var bits = new byte[Limit / 8];
        var last = 0;
        foreach (var part in list.Split(','))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var from = Number(dash < 0 ? part : part.AsSpan(0, dash), list, field);
            var to = dash < 0 ? from : Number(part.AsSpan(dash + 1), list, field);
            if (to < from)
            {
                throw new SpecException(field, $"\"{part}\" goes backwards");
            }

            for (var i = from; i <= to; i++)
            {
                bits[i / 8] |= (byte)(1 << (i % 8));
            }

            last = Math.Max(last, to);
        }

        return bits[..(((last / 64) + 1) * 8)];
    }

    private static int Number(ReadOnlySpan<char> text, string list, string field)
    {
        if (!int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new SpecException(field, $"\"{list}\" is not a list such as \"0-3,7\"");
        }

        return number < Limit ? number : throw new SpecException(field, $"{number} is beyond the last possible one, {Limit - 1}");
    }
}
