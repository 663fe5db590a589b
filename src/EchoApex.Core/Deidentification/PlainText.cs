namespace EchoApex.Core.Deidentification;

/// <summary>Free text of files that is kept because it names a device, not a person.</summary>
internal static class PlainText
{
    private const int Longest = 64;

    /// <summary>A maker's or model's name without anything that such names do not hold; null when nothing is left.</summary>
    public static string? OfDevice(string? text)
    {
        if (text is null || text.Contains('^') || text.Contains('@'))
        {
            return null;
        }

        string kept = string.Concat(text.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is ' ' or '-' or '.' or ',' or '/' or '&' or '(' or ')' or '+' or '_')).Trim();
        return kept.Length == 0 ? null : kept[..Math.Min(Longest, kept.Length)];
    }
}
