namespace EchoApex.Core.Sources.Images;

/// <summary>Orders names as people number them: runs of digits by their value, all else, and names that are equal but for leading zeros, ordinally.</summary>
internal sealed class NumberedNames : IComparer<string>
{
    public static readonly NumberedNames Instance = new();

    public int Compare(string? x, string? y)
    {
        var a = x.AsSpan();
        var b = y.AsSpan();
        while (a.Length > 0 && b.Length > 0)
        {
            int order = char.IsAsciiDigit(a[0]) && char.IsAsciiDigit(b[0]) ? CompareNumbers(ref a, ref b) : CompareFirst(ref a, ref b);
            if (order != 0)
            {
                return order;
            }
        }

        return a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(x, y);
    }

    private static int CompareFirst(ref ReadOnlySpan<char> a, ref ReadOnlySpan<char> b)
    {
        int order = a[0] - b[0];
        a = a[1..];
        b = b[1..];
        return order;
    }

    // Of any number of digits: without leading zeros the longer number is the larger one.
    private static int CompareNumbers(ref ReadOnlySpan<char> a, ref ReadOnlySpan<char> b)
    {
        var first = TakeNumber(ref a);
        var second = TakeNumber(ref b);
        return first.Length != second.Length ? first.Length - second.Length : first.SequenceCompareTo(second);
    }

    private static ReadOnlySpan<char> TakeNumber(ref ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyExceptInRange('0', '9');
        var digits = length < 0 ? text : text[..length];
        text = text[digits.Length..];
        return digits.TrimStart('0');
    }
}
