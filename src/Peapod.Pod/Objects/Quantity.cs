using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Peapod.Oci.Json;

namespace Peapod.Pod.Objects;

/// <summary>
/// An amount of a resource as Kubernetes writes it: <c>100m</c>, <c>1.5</c>, <c>128Mi</c>, <c>1e3</c>.
/// Held exactly: at most 2^63-1, never finer than a nano unit (finer parts are rounded away from zero).
/// </summary>
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>, IJsonValue<Quantity>
{
    /// <summary>What Kubernetes says of a text that is none.</summary>
    internal const string Grammar = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    private const int MaximumLength = 128;
    private static readonly BigInteger Nano = BigInteger.Pow(10, 9);
    private static readonly BigInteger Largest = long.MaxValue * Nano;
    private static readonly string[] BinarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    private static readonly string[] DecimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

    private readonly Notation _notation;

    private Quantity(decimal amount, Notation notation)
    {
        Amount = amount;
        _notation = notation;
    }

    private enum Notation
    {
        DecimalSuffix,
        BinarySuffix,
        DecimalExponent,
    }

    /// <summary>The exact amount, in whole units (cores, bytes).</summary>
    public decimal Amount { get; }

    /// <summary>The amount in whole units, rounded up.</summary>
    public long Value => Saturate(decimal.Ceiling(Amount));

    /// <summary>The amount in thousandths, rounded up: millicores for cpu.</summary>
    public long MilliValue => Amount >= long.MaxValue / 1000m ? long.MaxValue
        : Amount <= long.MinValue / 1000m ? long.MinValue
        : Saturate(decimal.Ceiling(Amount * 1000m));

    public static bool operator ==(Quantity left, Quantity right) => left.Equals(right);

    public static bool operator !=(Quantity left, Quantity right) => !left.Equals(right);

    public static bool operator <(Quantity left, Quantity right) => left.Amount < right.Amount;

    public static bool operator >(Quantity left, Quantity right) => left.Amount > right.Amount;

    public static bool operator <=(Quantity left, Quantity right) => left.Amount <= right.Amount;

    public static bool operator >=(Quantity left, Quantity right) => left.Amount >= right.Amount;

    /// <summary>Whole units, written with decimal suffixes.</summary>
    public static Quantity FromInt64(long units) => new(units, Notation.DecimalSuffix);

    /// <summary>Bytes, written with binary suffixes.</summary>
    public static Quantity FromBytes(long bytes) => new(bytes, Notation.BinarySuffix);

    /// <exception cref="FormatException">The text is not a quantity.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out var quantity) ? quantity : throw new FormatException($"\"{text}\" is not a quantity: {Grammar}");

    public static bool TryParse([NotNullWhen(true)] string? text, out Quantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text) || text.Length > MaximumLength)
        {
            return false;
        }

        var at = 0;
        var negative = text[0] == '-';
        if (text[0] is '+' or '-')
        {
            at++;
        }

        var digits = new char[text.Length];
        var count = 0;
        var fraction = 0;
        var dot = false;
        for (; at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'); at++)
        {
            if (text[at] != '.')
            {
                digits[count++] = text[at];
                fraction += dot ? 1 : 0;
            }
            else if (dot)
            {
                return false;
            }
            else
            {
                dot = true;
            }
        }

        if (count == 0 || !TryReadSuffix(text.AsSpan(at), out var notation, out var binary, out var exponent))
        {
            return false;
        }

        var nano = InNano(BigInteger.Parse(digits.AsSpan(0, count), NumberStyles.None, CultureInfo.InvariantCulture), binary, exponent - fraction);
        var whole = BigInteger.DivRem(nano, Nano, out var rest);
        var amount = (decimal)whole + ((decimal)rest / 1_000_000_000m);
        quantity = new Quantity(negative ? -amount : amount, notation);
        return true;
    }

    static Quantity IJsonValue<Quantity>.Read(ref Utf8JsonReader reader)
    {
        var text = reader.TokenType == JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : reader.GetString();
        return Parse(text!.Trim());
    }

    void IJsonValue<Quantity>.Write(Utf8JsonWriter writer) => writer.WriteStringValue(ToString());

    public static Quantity Add(Quantity left, Quantity right) => left + right;

    public static Quantity operator +(Quantity left, Quantity right) =>
        new(Math.Clamp(left.Amount + right.Amount, -long.MaxValue, long.MaxValue), left.Amount == 0 ? right._notation : left._notation);

    public int CompareTo(Quantity other) => Amount.CompareTo(other.Amount);

    /// <summary>Equal amounts are equal, however they are written.</summary>
    public bool Equals(Quantity other) => Amount == other.Amount;

    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    public override int GetHashCode() => Amount.GetHashCode();

    /// <summary>The canonical form: no fraction, and the largest suffix that leaves an integer before it.</summary>
    public override string ToString()
    {
        if (Amount == 0)
        {
            return "0";
        }

        var binary = _notation == Notation.BinarySuffix && Math.Abs(Amount) >= 1024 && decimal.Truncate(Amount) == Amount;
        return binary ? WithBinarySuffix() : WithDecimalSuffix();
    }

    private static bool TryReadSuffix(ReadOnlySpan<char> suffix, out Notation notation, out int binary, out int exponent)
    {
        notation = Notation.DecimalSuffix;
        binary = 0;
        exponent = 0;
        for (var i = 1; i < BinarySuffixes.Length; i++)
        {
            if (suffix.SequenceEqual(BinarySuffixes[i]))
            {
                notation = Notation.BinarySuffix;
                binary = i;
                return true;
            }
        }

        for (var i = 0; i < DecimalSuffixes.Length; i++)
        {
            if (suffix.SequenceEqual(DecimalSuffixes[i]))
            {
                exponent = (i * 3) - 9;
                return true;
            }
        }

        notation = Notation.DecimalExponent;
        return suffix.Length > 1
            && suffix[0] is 'e' or 'E'
            && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
            && exponent is > -1000 and < 1000;
    }

    private static BigInteger InNano(BigInteger digits, int binary, int exponent)
    {
        var nano = digits * BigInteger.Pow(1024, binary);
        exponent += 9;
        if (exponent >= 0)
        {
            nano *= BigInteger.Pow(10, exponent);
        }
        else
        {
            nano = BigInteger.DivRem(nano, BigInteger.Pow(10, -exponent), out var rest);
            nano += rest.IsZero ? 0 : 1;
        }

        return BigInteger.Min(nano, Largest);
    }

    private static long Saturate(decimal amount) =>
        amount >= long.MaxValue ? long.MaxValue : amount <= long.MinValue ? long.MinValue : (long)amount;

    private string WithBinarySuffix()
    {
        var amount = (long)Amount;
        var suffix = 0;
        while (suffix < BinarySuffixes.Length - 1 && amount % 1024 == 0)
        {
            amount /= 1024;
            suffix++;
        }

        return amount.ToString(CultureInfo.InvariantCulture) + BinarySuffixes[suffix];
    }

    private string WithDecimalSuffix()
    {
        var amount = new BigInteger(decimal.Truncate(Amount)) * Nano;
        amount += new BigInteger((Amount - decimal.Truncate(Amount)) * 1_000_000_000m);
        var suffix = 0;
        while (suffix < DecimalSuffixes.Length - 1 && amount % 1000 == 0)
        {
            amount /= 1000;
            suffix++;
        }

        var exponent = (suffix * 3) - 9;
        return amount.ToString(CultureInfo.InvariantCulture)
            + (_notation != Notation.DecimalExponent ? DecimalSuffixes[suffix] : exponent == 0 ? "" : $"e{exponent}");
    }
}
