namespace EchoApex.Core.Sources.Dicom;

/// <summary>Bytes in memory: an inflated data set, or the value of a sequence.</summary>
internal sealed class MemoryByteSource(string name, ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override string Name => name;

    public override long Length => bytes.Length;

    protected override void ReadWithin(long offset, Span<byte> destination) =>
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}
