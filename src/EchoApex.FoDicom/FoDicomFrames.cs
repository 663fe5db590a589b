using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using FellowOakDicom;
using FellowOakDicom.IO.Buffer;

namespace EchoApex.FoDicom;

/// <summary>
/// The encoded frames of fo-dicom's pixel data, each a piece of one buffer or the buffers of its fragments. fo-dicom's own frame access refuses
/// videos and fragments that an offset table does not describe.
/// </summary>
internal sealed class FoDicomFrames : IDicomFrames
{
    private const uint NumberOfFrames = 0x0028_0008;
    private const uint Rows = 0x0028_0010;
    private const uint Columns = 0x0028_0011;
    private const uint SamplesPerPixel = 0x0028_0002;
    private const uint BitsAllocated = 0x0028_0100;
    private const uint PhotometricInterpretation = 0x0028_0004;
    private const int ItemHeader = 8;

    private readonly string _name;
    private readonly Piece[][] _frames;
    private readonly Lock _lock = new();

    private FoDicomFrames(string name, Piece[][] frames) => (_name, _frames) = (name, frames);

    // Part of a buffer of fo-dicom.
    private readonly record struct Piece(IByteBuffer Buffer, long Offset, int Length);

    /// <inheritdoc/>
    public int Count => _frames.Length;

    /// <summary>Locates the frames of a data set.</summary>
    /// <exception cref="DataException">There is no pixel data, or its frames cannot be told apart.</exception>
    public static FoDicomFrames Of(DicomDataset dataset, FoDicomElements elements, string name)
    {
        int? declared = elements.GetNumbers(NumberOfFrames) is [> 0 and <= int.MaxValue and var count, ..] ? (int)count : null;
        return dataset.GetDicomItem<DicomItem>(DicomTag.PixelData) switch
        {
            DicomFragmentSequence fragments => new FoDicomFrames(name, Encapsulated(fragments, declared, dataset.InternalTransferSyntax, name)),
            DicomElement { Length: > 0 } element => new FoDicomFrames(name, Native(element.Buffer, elements, declared ?? 1, name)),
            _ => throw new DataException(name, "has no pixel data (7FE0,0010). If fo-dicom skipped it, open the file with FileReadOption.ReadLargeOnDemand or ReadAll."),
        };
    }

    /// <inheritdoc/>
    public int LengthOf(int frame) => _frames[frame].Sum(piece => piece.Length);

    /// <inheritdoc/>
    public void Read(int frame, Span<byte> destination)
    {
        foreach (var piece in _frames[frame])
        {
            byte[] bytes = new byte[piece.Length];
            try
            {
                // Buffers over a stream share its position.
                lock (_lock)
                {
                    piece.Buffer.GetByteRange(piece.Offset, piece.Length, bytes);
                }
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or DicomDataException)
            {
                throw new DataException(_name, $"its pixel data can no longer be read through fo-dicom: {error.Message} Keep the file or the stream as long as the clip.", frame, error);
            }

            bytes.CopyTo(destination);
            destination = destination[piece.Length..];
        }
    }

    private static Piece[][] Native(IByteBuffer buffer, FoDicomElements elements, int count, string name)
    {
        double Number(uint tag, double otherwise) => elements.GetNumbers(tag) is [var value, ..] ? value : otherwise;
        double whole = Number(Rows, 0) * Number(Columns, 0) * Number(SamplesPerPixel, 1) * Math.Ceiling(Number(BitsAllocated, 8) / 8);

        // Two pixels share their chroma, unless the scanner says so and stores all of it.
        bool shares = elements.GetString(PhotometricInterpretation) == "YBR_FULL_422" && buffer.Size < whole * count;
        double length = shares ? whole * 2 / 3 : whole;
        if (length is < 1 or > int.MaxValue || length * count > buffer.Size)
        {
            throw new DataException(name, $"declares {count} frames of {length:0} bytes, but its pixel data holds {buffer.Size}.");
        }

        return [.. Enumerable.Range(0, count).Select(frame => new[] { new Piece(buffer, frame * (long)length, (int)length) })];
    }

    private static Piece[][] Encapsulated(DicomFragmentSequence sequence, int? declared, DicomTransferSyntax syntax, string name)
    {
        Piece[] fragments = [.. sequence.Fragments.Select(buffer => new Piece(buffer, 0, buffer.Size <= Array.MaxLength ? (int)buffer.Size : throw new DataException(name, "has a fragment of more than 2 GiB.")))];
        while (fragments is [.., { Length: 0 }])
        {
            fragments = fragments[..^1];
        }

        if (fragments.Length == 0)
        {
            throw new DataException(name, "has pixel data without a single fragment.");
        }

        int count = declared ?? Math.Max(1, sequence.OffsetTable.Count);
        return IsVideo(syntax) || count == 1 ? [fragments]
            : fragments.Length == count ? [.. fragments.Select(fragment => new[] { fragment })]
            : ByOffsets(fragments, sequence.OffsetTable, count) ?? ByStreamStarts(fragments, count)
                ?? throw new DataException(name, $"declares {count} frames, but its pixel data has {fragments.Length} fragments and neither an offset table nor stream headers that tell {count} frames apart.");
    }

    // One stream holds all frames: MPEG-2, MPEG-4 AVC, HEVC (1.2.840.10008.1.2.4.100 to .108).
    private static bool IsVideo(DicomTransferSyntax syntax) =>
        syntax.UID.UID.Split('.') is ["1", "2", "840", "10008", "1", "2", "4", var last, ..] && int.TryParse(last, out int number) && number is >= 100 and <= 108;

    private static Piece[][]? ByOffsets(Piece[] fragments, IList<uint> offsets, int count)
    {
        if (offsets.Count != count)
        {
            return null;
        }

        var starts = new Dictionary<long, int>();
        long place = 0;
        for (int i = 0; i < fragments.Length; i++)
        {
            starts[place] = i;
            place += ItemHeader + fragments[i].Length;
        }

        int[] first = [.. offsets.Select(offset => starts.GetValueOrDefault(offset, -1)), fragments.Length];
        return first[0] == 0 && first.Zip(first.Skip(1)).All(pair => pair.First >= 0 && pair.Second > pair.First)
            ? [.. first.Zip(first.Skip(1)).Select(pair => fragments[pair.First..pair.Second])]
            : null;
    }

    private static Piece[][]? ByStreamStarts(Piece[] fragments, int count)
    {
        int[] first = [.. Enumerable.Range(0, fragments.Length).Where(i => BeginsStream(fragments[i])), fragments.Length];
        return first.Length == count + 1 && first[0] == 0 ? [.. first.Zip(first.Skip(1)).Select(pair => fragments[pair.First..pair.Second])] : null;
    }

    // JPEG and JPEG-LS, JPEG 2000, and JPEG 2000 in its file format.
    private static bool BeginsStream(Piece fragment)
    {
        byte[] head = new byte[4];
        if (fragment.Length < head.Length)
        {
            return false;
        }

        fragment.Buffer.GetByteRange(0, head.Length, head);
        return head is [0xFF, 0xD8, 0xFF, _] or [0xFF, 0x4F, 0xFF, 0x51] or [0, 0, 0, 0x0C];
    }
}
