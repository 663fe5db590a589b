using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom.Codecs;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Reads DICOM files (PS3.10) without another toolkit: implicit, explicit, big-endian and deflated data sets; native, RLE,
/// 8-bit JPEG (baseline, extended, lossless) and 8-bit JPEG 2000 pixels; gray, RGB, YBR and palette colour.
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

        var syntax = Reconcile(file, path);
        DicomClips.RequireCodec(syntax, path);
        var description = PixelDescription.Read(dataset, path);
        IDicomFrames frames = syntax.Encapsulated
            ? EncapsulatedFrames.Locate(file.Source, pixelData, description.Frames, dataset)
            : new NativeFrames(file.Source, pixelData, description.Frames, FrameLength(description, pixelData), SwapsWords(syntax, description, pixelData));
        return DicomClips.Create(dataset, frames, syntax, description, path, []);
    }

    private static TransferSyntax Reconcile(DicomFile file, string path) =>
        file.Syntax.Encapsulated == file.Dataset.PixelDataIsEncapsulated
            ? file.Syntax
            : throw new DataException(path, $"declares the transfer syntax {file.Syntax.Name}, but its pixel data is {(file.Syntax.Encapsulated ? "not " : "")}in fragments; the file is damaged.");

    private static long FrameLength(PixelDescription description, DicomElement pixelData)
    {
        bool fullChroma = NativeCodec.IsSubsampled(description) && pixelData.Length >= (double)description.DecodedLength * description.Frames;
        return fullChroma ? description.DecodedLength : NativeCodec.StoredLength(description);
    }

    // Big-endian words hold 16-bit values, or two 8-bit values whose order the word reverses.
    private static bool SwapsWords(TransferSyntax syntax, PixelDescription description, DicomElement pixelData) =>
        syntax.BigEndian && (description.BitsAllocated == 16 || pixelData.ValueRepresentation == "OW");
}
