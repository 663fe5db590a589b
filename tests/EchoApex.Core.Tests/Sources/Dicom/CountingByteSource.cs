using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>Bytes in memory that count what is read of them.</summary>
internal sealed class CountingByteSource(byte[] bytes) : ByteSource
{
    public override string Name => "test.dcm";

    public override long Length => bytes.Length;

    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    protected override void ReadWithin(long offset, Span<byte> destination)
    {
        Count += destination.Length;
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
