using System.Globalization;
using System.Text;

namespace Peapod.Container.DBus;

/// <summary>
/// A value with its type. Values are held as their C# kin: y byte, b bool, n short, q ushort, i int, u uint, x long, t ulong, d double;
/// s, o and g string; v <see cref="DBusVariant"/>; arrays, structs and dictionary entries object[], but an array of bytes byte[].
/// </summary>
internal sealed record DBusVariant(string Signature, object Value)
{
    /// <summary>As busctl(1) writes it: <c>t 1048576</c>, <c>as 2 "a" "b"</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Signature);
        Append(text, Signature, Value);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string signature, object value)
    {
        switch (signature[0])
        {
            case 's' or 'o' or 'g':
                text.Append(" \"").Append((string)value).Append('"');
                break;
            case 'b':
                text.Append((bool)value ? " true" : " false");
                break;
            case 'v':
                text.Append(' ').Append(value);
                break;
            case 'a' when value is byte[] bytes:
                text.Append(CultureInfo.InvariantCulture, $" {bytes.Length}");
                foreach (var item in bytes)
                {
                    text.Append(CultureInfo.InvariantCulture, $" {item}");
                }

                break;
            case 'a':
                text.Append(CultureInfo.InvariantCulture, $" {((object[])value).Length}");
                foreach (var item in (object[])value)
                {
                    Append(text, signature[1..], item);
                }

                break;
            case '(' or '{':
                var start = 1;
                foreach (var item in (object[])value)
                {
                    var end = DBusSignature.End(signature, start);
                    Append(text, signature[start..end], item);
                    start = end;
                }

                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $" {value}");
                break;
        }
    }
}
