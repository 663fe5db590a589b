using System.Text;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>The header of one file in a tar archive (POSIX.1-1988 ustar), as shards have them: plain files with short names, no owner, no time.</summary>
/// <param name="Name">Name, at most 100 ASCII characters.</param>
/// <param name="Size">Bytes of content.</param>
internal readonly record struct TarMember(string Name, long Size)
{
    /// <summary>Headers and contents start at multiples of this.</summary>
    public const int Block = 512;

    /// <summary>Two blocks of zeros end an archive.</summary>
    public const int EndLength = 2 * Block;

    private const int NameLength = 100;

    /// <summary>Header and content, filled up to whole blocks.</summary>
    public long Span => Block + Padded(Size);

    public static long Padded(long size) => (size + Block - 1) / Block * Block;

    public void Write(Span<byte> header)
    {
        header = header[..Block];
        header.Clear();
        if (Name.Length is 0 or > NameLength || !Ascii.IsValid(Name))
        {
            throw new ArgumentException($"'{Name}' is no name for a member: 1 to {NameLength} ASCII characters.");
        }

        Encoding.ASCII.GetBytes(Name, header);
        "0000644\0"u8.CopyTo(header[100..]);
        "0000000\0"u8.CopyTo(header[108..]);
        "0000000\0"u8.CopyTo(header[116..]);
        WriteOctal(header.Slice(124, 12), Size);
        WriteOctal(header.Slice(136, 12), 0);
        header[156] = (byte)'0';
        "ustar\0"u8.CopyTo(header[257..]);
        "00"u8.CopyTo(header[263..]);
        "0000000\0"u8.CopyTo(header[329..]);
        "0000000\0"u8.CopyTo(header[337..]);
        WriteOctal(header.Slice(148, 7), Sum(header));
        header[155] = (byte)' ';
    }

    /// <summary>Reads a header; null when the block is none, or one of a kind that shards do not have.</summary>
    public static TarMember? TryRead(ReadOnlySpan<byte> header)
    {
        if (header.Length < Block || !header.Slice(257, 5).SequenceEqual("ustar"u8) || header[156] is not ((byte)'0' or 0) || header[345] != 0)
        {
            return null;
        }

        var name = header[..NameLength];
        int end = name.IndexOf((byte)0);
        name = end < 0 ? name : name[..end];
        return ReadOctal(header.Slice(148, 8)) == Sum(header) && ReadOctal(header.Slice(124, 12)) is { } size && !name.IsEmpty && Ascii.IsValid(name)
            ? new TarMember(Encoding.ASCII.GetString(name), size)
            : null;
    }

    public static bool IsZero(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    private static void WriteOctal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }

        if (value != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(value), "A member of a shard is smaller than 8 GiB.");
        }
    }

    private static long? ReadOctal(ReadOnlySpan<byte> field)
    {
        long value = 0;
        int digits = 0;
        foreach (byte digit in field.TrimStart((byte)' '))
        {
            if (digit is 0 or (byte)' ')
            {
                break;
            }

            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = (value << 3) | (uint)(digit - '0');
            digits++;
        }

        return digits > 0 ? value : null;
    }

    // The sum of the header's bytes, those of the sum itself taken for spaces.
    private static long Sum(ReadOnlySpan<byte> header)
    {
        long sum = 8 * ' ';
        for (int i = 0; i < Block; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : header[i];
        }

        return sum;
    }
}
