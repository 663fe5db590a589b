namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// The pixel data of a DICOM object, frame by frame, encoded as the transfer syntax says. The stream of a video syntax is
/// one frame, its fragments joined. Implementations may be called from several threads at once.
/// </summary>
public interface IDicomFrames
{
    /// <summary>Number of frames, at least 1.</summary>
    int Count { get; }

    /// <summary>Encoded length of a frame in bytes, its fragments joined; 0 for a frame that is missing because the file ends before it.</summary>
    int LengthOf(int frame);

    /// <summary>Reads the encoded bytes of a frame, native words in little-endian order.</summary>
    /// <param name="frame">Zero-based frame index.</param>
    /// <param name="destination">At least <see cref="LengthOf"/> bytes.</param>
    /// <exception cref="Runtime.DataException">The bytes cannot be read.</exception>
    void Read(int frame, Span<byte> destination);
}
