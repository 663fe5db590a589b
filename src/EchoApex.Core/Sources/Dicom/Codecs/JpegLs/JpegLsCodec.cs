namespace EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

/// <summary>JPEG-LS, lossless and near-lossless, by a decoder written from ITU-T T.87.</summary>
internal sealed class JpegLsCodec : IFrameCodec
{
    public const string Remedy = "Transcode the file to an uncompressed syntax first, for instance with 'dcmdjpls in.dcm out.dcm' of DCMTK.";

    // One bit stands for a run of up to 32,768 samples.
    public double LargestExpansion => double.PositiveInfinity;

    public string DecodedPhotometric(PixelDescription description) =>
        description.Photometric == "YBR_FULL_422" ? "YBR_FULL" : description.Photometric;

    public void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples) =>
        JpegLsDecoder.Decode(encoded, description, samples);
}
