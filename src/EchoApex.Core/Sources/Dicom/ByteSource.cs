using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Bytes read by position. Instances may be used from several threads.</summary>
internal abstract class ByteSource
{
    /// <summary>The file's path, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Fills the destination from a position.</summary>
    /// <exception cref="DataException">The range does not lie within the source, or cannot be read.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
        {
            throw new DataException(Name, $"ends at offset {Length}, but {destination.Length} bytes at offset {offset} are needed; the file is cut short or damaged.");
        }

        ReadWithin(offset, destination);
    }

    /// <summary>Reads a range that is known to lie within the source.</summary>
    protected abstract void ReadWithin(long offset, Span<byte> destination);
}
