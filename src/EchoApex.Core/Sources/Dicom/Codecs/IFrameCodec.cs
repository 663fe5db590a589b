namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Decodes the pixel data of one family of transfer syntaxes. Implementations hold no state.</summary>
internal interface IFrameCodec
{
    /// <summary>
    /// Most decoded bytes that one encoded byte can yield: a header that declares more is damaged. Infinity where the
    /// format sets no bound.
    /// </summary>
    double LargestExpansion { get; }

    /// <summary>The photometric interpretation of the decoded samples, which differs from the stored one where the decoder converts colour.</summary>
    string DecodedPhotometric(PixelDescription description);

    /// <summary>Decodes one frame.</summary>
    /// <param name="encoded">The frame's bytes.</param>
    /// <param name="description">What the header says.</param>
    /// <param name="samples">
    /// Receives <see cref="PixelDescription.DecodedLength"/> bytes: rows x columns x samples, interleaved, full
    /// resolution, 16-bit values low byte first.
    /// </param>
    /// <exception cref="InvalidDataException">The bytes are damaged or do not agree with the header; a sentence without the file name.</exception>
    void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples);
}
