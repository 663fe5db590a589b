using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Datasets.Shards;

/// <summary>
/// The readers of shards over any bytes, for a fuzzer: they return or throw a <see cref="DataException"/>, and allocate no more than four
/// times the bytes that they were given (beside what an exception and its message cost).
/// </summary>
internal static class ShardFuzzTarget
{
    private const long Slack = 1 << 16;

    /// <summary>Walks through the bytes as an archive.</summary>
    /// <returns>Whether they were taken for a whole one.</returns>
    public static bool Archive(byte[] bytes) => Measured(bytes, source => ShardScan.Run(source).Faults.Count == 0);

    /// <summary>Reads the bytes as an index.</summary>
    /// <returns>Whether they were taken for one.</returns>
    public static bool Index(byte[] bytes) => Measured(bytes, source => ShardIndex.Read(source).Keys.Count >= 0);

    private static bool Measured(byte[] bytes, Func<ByteSource, bool> read)
    {
        var source = new MemoryByteSource("fuzz", bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool taken;
        try
        {
            taken = read(source);
        }
        catch (DataException)
        {
            taken = false;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.LessThanOrEqualTo((4L * bytes.Length) + Slack), $"{bytes.Length} bytes made the reader allocate {allocated}");
        return taken;
    }
}
