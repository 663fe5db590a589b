namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>Where the storages of a .pth file lie.</summary>
internal interface IStorageSource
{
    /// <summary>The bytes of a storage.</summary>
    /// <exception cref="Runtime.CheckpointException">There is none of that key, or it lies outside the file.</exception>
    StoragePlace Find(string key);
}

/// <summary>Fills a span with the bytes of a storage from <paramref name="start"/> on.</summary>
internal delegate void StorageRead(long start, Span<byte> destination);

/// <summary>One storage.</summary>
/// <param name="Offset">Its first byte in the file; -1 when it is compressed.</param>
/// <param name="Length">Number of bytes.</param>
/// <param name="Read">Reads from it.</param>
internal sealed record StoragePlace(long Offset, long Length, StorageRead Read);
