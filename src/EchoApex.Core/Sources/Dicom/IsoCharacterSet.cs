using System.Text;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// A set of ISO's register that texts of DICOM use by code extension (PS3.3 table C.12-3 and C.12-4): which escape sequence calls it,
/// and the code page that decodes its bytes with their high bit set.
/// </summary>
internal sealed class IsoCharacterSet
{
    public const byte Escape = 0x1B;

    public static readonly Encoding Utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    // Number of the register, escape sequence, whether it calls the upper half of the code table (G1), bytes a character, code page.
    // ASCII and the Roman letters of JIS X 0201, 6 and 14, need no decoding: null.
    private static readonly (int Number, byte[] Escape, bool IsUpper, IsoCharacterSet? Set)[] Register =
    [
        (6, "\e(B"u8.ToArray(), false, null),
        (14, "\e(J"u8.ToArray(), false, null),
        (100, "\e-A"u8.ToArray(), true, new(1, 28591)),
        (101, "\e-B"u8.ToArray(), true, new(1, 28592)),
        (109, "\e-C"u8.ToArray(), true, new(1, 28593)),
        (110, "\e-D"u8.ToArray(), true, new(1, 28594)),
        (144, "\e-L"u8.ToArray(), true, new(1, 28595)),
        (127, "\e-G"u8.ToArray(), true, new(1, 28596)),
        (126, "\e-F"u8.ToArray(), true, new(1, 28597)),
        (138, "\e-H"u8.ToArray(), true, new(1, 28598)),
        (148, "\e-M"u8.ToArray(), true, new(1, 28599)),
        (203, "\e-b"u8.ToArray(), true, new(1, 28605)),
        (166, "\e-T"u8.ToArray(), true, new(1, 874)),
        (13, "\e)I"u8.ToArray(), true, new(1, 932)),
        (149, "\e$)C"u8.ToArray(), true, new(2, 51949)),
        (58, "\e$)A"u8.ToArray(), true, new(2, 936)),
        (87, "\e$B"u8.ToArray(), false, new(2, 51932)),
        (159, "\e$(D"u8.ToArray(), false, new(2, 20932) { _isSupplement = true }),
    ];

    private readonly int _width;
    private readonly Encoding _encoding;
    private bool _isSupplement;

    private IsoCharacterSet(int width, int codePage) => (_width, _encoding) = (width, CodePage(codePage));

    /// <summary>A code page that refuses bytes without meaning. The provider is asked itself: to register it would change the process.</summary>
    public static Encoding CodePage(int number) =>
        CodePagesEncodingProvider.Instance.GetEncoding(number, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
        ?? Encoding.GetEncoding(number, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);

    /// <summary>Whether the register number is one of DICOM's.</summary>
    public static bool Knows(int number) => Register.Any(entry => entry.Number == number);

    /// <summary>What the upper half holds where a value begins in this set; null where nothing.</summary>
    public static IsoCharacterSet? OfRegistration(int number) => Register.FirstOrDefault(entry => entry.Number == number && entry.IsUpper).Set;

    /// <summary>The set that an escape sequence at the beginning of some bytes calls; null where it is none of DICOM's.</summary>
    public static (IsoCharacterSet? Set, bool IsUpper, int Length)? FindEscape(ReadOnlySpan<byte> bytes)
    {
        foreach (var entry in Register)
        {
            if (bytes.StartsWith(entry.Escape))
            {
                return (entry.Set, entry.IsUpper, entry.Escape.Length);
            }
        }

        return null;
    }

    /// <summary>Decodes bytes of this set alone; false where they are none.</summary>
    public bool Append(ReadOnlySpan<byte> bytes, StringBuilder text)
    {
        byte[] high = new byte[bytes.Length];
        for (int i = 0; i < high.Length; i++)
        {
            // Code page 20932 tells the supplementary characters from others by a second byte without its high bit.
            high[i] = _isSupplement && i % 2 == 1 ? (byte)(bytes[i] & 0x7F) : (byte)(bytes[i] | 0x80);
            if ((high[i] | 0x80) < 0xA0)
            {
                return false;
            }
        }

        if (high.Length % _width != 0)
        {
            return false;
        }

        int before = text.Length;
        text.Append(_encoding.GetString(high));
        return text.Length - before == high.Length / _width;
    }
}
