using System.IO.Compression;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Deflated Image Frame Compression (DICOM PS3.5 A.4.14): each frame is native pixel data, deflated by itself.</summary>
internal sealed class DeflatedFrameCodec : IFrameCodec
{
    private readonly NativeCodec _native = new();

    // Deflate packs at most 258 bytes into two bits; native pixels may still gain their chroma.
    public double LargestExpansion => 1032 * 1.5;

    public string DecodedPhotometric(PixelDescription description) => _native.DecodedPhotometric(description);

    public void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples)
    {
        byte[] native = new byte[NativeCodec.StoredLength(description)];
        using var inflater = new DeflateStream(new MemoryStream(encoded.ToArray()), CompressionMode.Decompress);
        int count = inflater.ReadAtLeast(native, native.Length, throwOnEndOfStream: false);
        if (count < native.Length)
        {
            throw new InvalidDataException($"its deflated data holds {count} of {native.Length} bytes; it is cut short or damaged.");
        }

        _native.Decode(native, description, samples);
    }
}
