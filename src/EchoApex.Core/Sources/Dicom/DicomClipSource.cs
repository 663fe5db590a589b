using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom.Codecs;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Reads DICOM files (PS3.10) without another toolkit: implicit, explicit, big-endian and deflated data sets; native, RLE, JPEG
/// (baseline, extended, lossless), JPEG-LS, JPEG 2000, MPEG-2, H.264 and HEVC pixels; gray, RGB, YBR and palette colour. Headers are read
/// at once, frames when they are asked for; videos are decoded whole when they are opened.
/// </summary>
public sealed class DicomClipSource : IClipSource
{
    /// <inheritdoc/>
    public string Name => "DICOM";

    /// <inheritdoc/>
    public bool Recognizes(string path, ReadOnlySpan<byte> head) =>
        DicomFile.Recognizes(head)
        || Path.GetExtension(path).ToUpperInvariant() is ".DCM" or ".DICOM";

    /// <inheritdoc/>
    public EchoClip Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var source = new FileByteSource(path);
        using var open = source.KeepOpen();
        return Open(source);
    }

    /// <summary>Opens bytes wherever they are; the clip keeps the source.</summary>
    internal static EchoClip Open(ByteSource source)
    {
        string path = source.Name;
        var file = DicomFile.Open(source);
        var dataset = file.Dataset;
        if (dataset.PixelData is not { } pixelData)
        {
            throw new DataException(path, $"holds no pixel data (SOP class {dataset.GetString(DicomTags.SopClassUid) ?? "unknown"}): it is no image, or cut short before its pixels.");
        }

        List<string> notes = [];
        var syntax = Reconcile(file, pixelData, notes);
        DicomClips.RequireCodec(syntax, path);
        var description = PixelDescription.Read(dataset, path);
        IDicomFrames frames = syntax.IsVideo ? EncapsulatedFrames.LocateStream(file.Source, pixelData)
            : syntax.Encapsulated ? EncapsulatedFrames.Locate(file.Source, pixelData, description.DeclaredFrames, dataset, FrameCodecs.HasAFragmentAFrame(syntax), notes)
            : LocateNative(file, syntax, pixelData, description, notes);
        if (description.DeclaredFrames is null && frames.Count > 1)
        {
            notes.Add($"The header does not declare a number of frames; {frames.Count} were found in the pixel data.");
        }

        if (Enumerable.Range(0, frames.Count).Count(frame => frames.LengthOf(frame) == 0) is > 0 and var missing)
        {
            notes.Add($"The file is cut short: the last {missing} of {frames.Count} frames are missing.");
        }

        return DicomClips.Create(dataset, frames, syntax, description, path, notes);
    }

    // Pixel data that contradicts the transfer syntax is believed where its first bytes tell what it is.
    private static TransferSyntax Reconcile(DicomFile file, DicomElement pixelData, List<string> notes)
    {
        if (file.Syntax.Encapsulated == file.Dataset.PixelDataIsEncapsulated)
        {
            return file.Syntax;
        }

        if (file.Dataset.PixelDataIsEncapsulated && StreamSniffer.Recognize(file.Source, pixelData) is { } found)
        {
            notes.Add($"The file declares the transfer syntax {file.Syntax.Name}, but its pixel data is {found.Name}; it was read as that.");
            return found;
        }

        throw new DataException(file.Source.Name, $"declares the transfer syntax {file.Syntax.Name}, but its pixel data is {(file.Syntax.Encapsulated ? "not " : "")}in fragments; the file is damaged.");
    }

    private static NativeFrames LocateNative(DicomFile file, TransferSyntax syntax, DicomElement pixelData, PixelDescription description, List<string> notes)
    {
        bool fullChroma = NativeCodec.IsSubsampled(description) && pixelData.Length >= (double)description.DecodedLength * (description.DeclaredFrames ?? 1);
        long length = fullChroma ? description.DecodedLength : NativeCodec.StoredLength(description);
        long available = pixelData.Length / length;
        int count = description.DeclaredFrames ?? CountFrames(pixelData.Length, length);
        if (description.DeclaredFrames is { } declared && available > declared && length > 1)
        {
            notes.Add($"The pixel data holds {available} frames; the {declared} that the header declares were read.");
        }

        return new NativeFrames(file.Source, pixelData, count, length, SwapsWords(syntax, description, pixelData), file.Dataset.PixelDataIsCutShort);
    }

    // A number that is not declared shows where whole frames, and at most a byte to make the length even, fill the pixel data.
    private static int CountFrames(long stored, long length) =>
        length > 1 && stored / length is > 1 and <= int.MaxValue and var count && stored - (count * length) is 0 or 1 ? (int)(stored / length) : 1;

    // Big-endian words hold 16-bit values, or two 8-bit values whose order the word reverses.
    private static bool SwapsWords(TransferSyntax syntax, PixelDescription description, DicomElement pixelData) =>
        syntax.BigEndian && (description.BitsAllocated == 16 || pixelData.ValueRepresentation == "OW");
}
