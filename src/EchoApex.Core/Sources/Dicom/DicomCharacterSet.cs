using System.Globalization;
using System.Text;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// The character set of a data set's texts, as Specific Character Set (0008,0005) names it (DICOM PS3.3 C.12.1.1.2 and PS3.5 6.1).
/// Values after the first one announce escape sequences; those are read whether they are announced or not, because they name their
/// set themselves.
/// </summary>
internal sealed class DicomCharacterSet
{
    /// <summary>The set of data that names none: ASCII.</summary>
    public static readonly DicomCharacterSet Default = new(null);

    private const char Replacement = '\uFFFD';

    // Sets of which every byte belongs to one encoding and that know no escape sequences; null for those of ISO 2022.
    private readonly Encoding? _whole;

    private readonly IsoCharacterSet? _upper;
    private readonly bool _isKnown;

    public DicomCharacterSet(string? value)
    {
        Value = value;
        string first = (value ?? string.Empty).Split('\\')[0].Trim().ToUpperInvariant();
        int? number = NumberOf(first);
        _whole = first switch
        {
            "GB18030" => IsoCharacterSet.CodePage(54936),
            "GBK" => IsoCharacterSet.CodePage(936),
            _ when number is 192 => IsoCharacterSet.Utf8,
            _ when number is 13 && !first.Contains("2022", StringComparison.Ordinal) => IsoCharacterSet.CodePage(932),
            _ => null,
        };
        _upper = _whole is null && number is { } registered ? IsoCharacterSet.OfRegistration(registered) : null;
        _isKnown = first.Length == 0 || _whole is not null || (number is { } known && IsoCharacterSet.Knows(known));
    }

    /// <summary>The value of (0008,0005); null where there is none.</summary>
    public string? Value { get; }

    /// <summary>Decodes a value.</summary>
    /// <param name="bytes">The value.</param>
    /// <param name="isName">Whether it is a person's name, in which ^ and = end what an escape sequence began.</param>
    /// <returns>The text; null where the bytes are none in this set.</returns>
    public string? Decode(ReadOnlySpan<byte> bytes, bool isName)
    {
        if (bytes.IndexOfAnyExceptInRange<byte>(0x20, 0x7E) < 0)
        {
            return Encoding.ASCII.GetString(bytes);
        }

        try
        {
            string? text = _whole is not null ? _whole.GetString(bytes)
                : _isKnown || bytes.IndexOfAnyInRange<byte>(0x80, 0xFF) < 0 ? DecodeIso2022(bytes, isName)
                : null;

            // A place of a code page that means nothing comes out as a character for private use.
            return text is null || text.Any(c => c == Replacement || (c is >= '\uE000' and <= '\uF8FF' && _whole != IsoCharacterSet.Utf8)) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private string? DecodeIso2022(ReadOnlySpan<byte> bytes, bool isName)
    {
        var text = new StringBuilder(bytes.Length);
        IsoCharacterSet? lower = null;
        var upper = _upper;
        while (bytes.Length > 0)
        {
            if (bytes[0] == IsoCharacterSet.Escape)
            {
                if (IsoCharacterSet.FindEscape(bytes) is not { } found)
                {
                    return null;
                }

                (lower, upper) = found.IsUpper ? (lower, found.Set) : (found.Set, upper);
                bytes = bytes[found.Length..];
                continue;
            }

            bool isUpper = bytes[0] >= 0x80;
            var set = isUpper ? upper : bytes[0] > 0x20 ? lower : null;
            int length = set is null ? 1 : RunOf(bytes, isUpper);
            if ((isUpper && set is null) || (set is not null && !set.Append(bytes[..length], text)))
            {
                return null;
            }

            if (set is null)
            {
                text.Append((char)bytes[0]);
                (lower, upper) = EndsExtension(bytes[0], isName) ? (null, _upper) : (lower, upper);
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    // Bytes of one half of the code table, up to an escape sequence or a control character.
    private static int RunOf(ReadOnlySpan<byte> bytes, bool isUpper)
    {
        int length = isUpper ? bytes.IndexOfAnyExceptInRange<byte>(0x80, 0xFF) : bytes.IndexOfAnyExceptInRange<byte>(0x21, 0x7E);
        return length < 0 ? bytes.Length : length;
    }

    // PS3.5 6.1.2.5.3: control characters and what separates values and components bring the first set back.
    private static bool EndsExtension(byte value, bool isName) => value is < 0x20 or (byte)'\\' || (isName && value is (byte)'^' or (byte)'=');

    // "ISO_IR 100", "ISO 2022 IR 100", and what writers make of them: "ISO-IR 100", "ISO_IR100".
    private static int? NumberOf(string term)
    {
        int mark = term.LastIndexOf("IR", StringComparison.Ordinal);
        return term.StartsWith("ISO", StringComparison.Ordinal) && mark > 0
            && int.TryParse(term.AsSpan(mark + 2).Trim(" _-"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }
}
