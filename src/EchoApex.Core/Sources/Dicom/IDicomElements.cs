namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// The elements of one DICOM data set or sequence item, as far as reading a clip needs them. EchoApex's own reader
/// implements it; a bridge over another toolkit's data set implements it too, and hands it to <see cref="DicomClips"/>.
/// Tags are group &lt;&lt; 16 | element. Implementations may be called from several threads.
/// </summary>
public interface IDicomElements
{
    /// <summary>Whether the element is present with a value.</summary>
    bool Contains(uint tag);

    /// <summary>A text value without padding, several values joined by backslashes; null when absent or empty.</summary>
    string? GetString(uint tag);

    /// <summary>The numbers of a text (IS, DS) or binary element, in order; empty when absent or not numeric.</summary>
    IReadOnlyList<double> GetNumbers(uint tag);

    /// <summary>The value's bytes, words in little-endian order; empty when absent.</summary>
    ReadOnlyMemory<byte> GetBytes(uint tag);

    /// <summary>The items of a sequence; empty when absent.</summary>
    IReadOnlyList<IDicomElements> GetItems(uint tag);
}
