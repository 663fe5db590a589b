using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom.Codecs;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// Makes a clip of the elements and encoded frames of a DICOM object, whichever toolkit read them. Identifying elements
/// (names, numbers, dates) are not looked at.
/// </summary>
public static class DicomClips
{
    /// <summary>Makes a clip; frames are decoded when they are asked for.</summary>
    /// <param name="elements">The data set; not kept.</param>
    /// <param name="frames">Its pixel data; kept by the clip.</param>
    /// <param name="transferSyntaxUid">How <paramref name="frames"/> are encoded.</param>
    /// <param name="path">The clip's origin, also for messages.</param>
    /// <exception cref="DataException">The pixels are described in a way that EchoApex does not read; the message says what, and the remedy.</exception>
    public static EchoClip Create(IDicomElements elements, IDicomFrames frames, string transferSyntaxUid, string path)
    {
        ArgumentNullException.ThrowIfNull(elements);
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentException.ThrowIfNullOrEmpty(transferSyntaxUid);
        var syntax = TransferSyntax.Find(transferSyntaxUid)
            ?? throw new DataException(path, $"has the transfer syntax {transferSyntaxUid}, which EchoApex does not know.");
        return Create(elements, frames, syntax, PixelDescription.Read(elements, path), path, []);
    }

    internal static EchoClip Create(IDicomElements elements, IDicomFrames frames, TransferSyntax syntax, PixelDescription description, string path, List<string> notes)
    {
        if (syntax.IsVideo)
        {
            return Describe(elements, DicomVideo.Decode(elements, frames, syntax, description, path, notes), syntax, description, path, notes);
        }

        var codec = RequireCodec(syntax, path)!;
        if (!syntax.Encapsulated && NativeCodec.IsSubsampled(description) && frames.LengthOf(0) >= description.DecodedLength)
        {
            // Some scanners write full chroma and call it subsampled.
            description = description with { Photometric = "YBR_FULL" };
            notes.Add("The pixels are declared YBR_FULL_422, but are stored with full chroma; they were read as YBR_FULL.");
        }

        CheckLengths(frames, codec, description, path, codec is NativeCodec ? NativeCodec.StoredLength(description) : 0);
        NoteMislabelledColor(frames, codec, description, notes);
        var converter = PixelConverter.Create(description, codec.DecodedPhotometric(description), elements, path);
        var store = new DicomFrameStore(path, frames, description, codec, converter);
        return Describe(elements, new DicomPicture(store, null), syntax, description, path, notes);
    }

    private static EchoClip Describe(IDicomElements elements, DicomPicture picture, TransferSyntax syntax, PixelDescription description, string path, List<string> notes)
    {
        int count = picture.Frames.FrameCount;
        var regions = DicomRegions.Read(elements, description.Columns, description.Rows, notes);
        string scanner = $"{elements.GetString(DicomTags.Manufacturer)} {elements.GetString(DicomTags.ManufacturerModelName)}".Trim();
        return new EchoClip(
            picture.Frames,
            new ClipOrigin(path, "DICOM", syntax.Name, elements.GetString(DicomTags.PhotometricInterpretation))
            {
                IsLossy = syntax.IsLossy || elements.GetString(DicomTags.LossyImageCompression) == "01",
            })
        {
            FrameTimesMs = DicomTiming.FrameTimes(elements, count, picture.FramesPerSecond),
            Spacing = DicomRegions.Spacing(elements, regions),
            HeartRateBpm = elements.GetNumbers(DicomTags.HeartRate) is [> 0 and var rate, ..] ? rate : null,
            View = DicomViews.View(elements),
            Stage = DicomViews.Stage(elements),
            Scanner = scanner.Length == 0 ? null : scanner,
            Regions = regions,
            Notes = [.. notes],
        };
    }

    // Null for videos, which have a decoder of their own.
    internal static IFrameCodec? RequireCodec(TransferSyntax syntax, string path) => syntax.IsVideo ? null : FrameCodecs.Find(syntax)
        ?? throw new DataException(path, $"is stored as {syntax.Name} ({syntax.Uid}), which EchoApex cannot decode. Convert it to Explicit VR Little Endian first with a toolkit that can, for instance with 'gdcmconv --raw in.dcm out.dcm' where GDCM knows the syntax.");

    // Only where RGB is declared is the first frame read to tell: such files are few.
    private static void NoteMislabelledColor(IDicomFrames frames, IFrameCodec codec, PixelDescription description, List<string> notes)
    {
        if (codec is not JpegCodec || description.Photometric != "RGB")
        {
            return;
        }

        byte[] encoded = new byte[frames.LengthOf(0)];
        frames.Read(0, encoded);
        if (JpegCodec.IsYbrCalledRgb(encoded, description))
        {
            notes.Add("The pixels are declared RGB, but their JPEG streams have subsampled chroma; they were read as YCbCr.");
        }
    }

    // What the header declares must be possible in the bytes that are there, before anything is allocated for it.
    private static void CheckLengths(IDicomFrames frames, IFrameCodec codec, PixelDescription description, string path, long stored)
    {
        for (int frame = 0; frame < frames.Count; frame++)
        {
            // A length of 0 is that of a frame which a cut file has lost: reading it says so.
            long length = frames.LengthOf(frame);
            if (length == 0 && frame > 0)
            {
                continue;
            }

            if (length == 0 || length < stored || description.DecodedLength > length * codec.LargestExpansion)
            {
                throw new DataException(path, $"its {length} encoded bytes cannot hold {description.Rows} x {description.Columns} pixels of {description.Samples} samples.", frame);
            }
        }
    }
}
