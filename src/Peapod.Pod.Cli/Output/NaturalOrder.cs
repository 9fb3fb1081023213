namespace Peapod.Pod.Cli.Output;

/// <summary>Texts in the order in which people count: <c>pod2</c> before <c>pod10</c>.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    internal static NaturalOrder Comparer { get; } = new();

    public int Compare(string? x, string? y)
    {
        var left = x.AsSpan();
        var right = y.AsSpan();
        while (left.Length > 0 && right.Length > 0)
        {
            var (a, b) = (Digits(left), Digits(right));
            var isNumber = a > 0 && b > 0;
            var order = isNumber ? CompareNumbers(left[..a], right[..b]) : left[0] - right[0];
            if (order != 0)
            {
                return order;
            }

            left = left[(isNumber ? a : 1)..];
            right = right[(isNumber ? b : 1)..];
        }

        return left.Length - right.Length;
    }

    /// <summary>Of any length.</summary>
    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var one = left.TrimStart('0');
        var other = right.TrimStart('0');
        return one.Length != other.Length ? one.Length - other.Length : one.SequenceCompareTo(other);
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;
}
