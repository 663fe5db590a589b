using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using Microsoft.Win32.SafeHandles;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>A file that stays open and is read by position, from several threads.</summary>
internal sealed class ShardFile : ByteSource, IDisposable
{
    private readonly SafeFileHandle _handle;

    private ShardFile(string path, SafeFileHandle handle)
    {
        (Name, _handle, Length) = (path, handle, RandomAccess.GetLength(handle));
    }

    public override string Name { get; }

    public override long Length { get; }

    /// <exception cref="DataException">The file cannot be opened.</exception>
    public static ShardFile Open(string path)
    {
        try
        {
            // Repair renames an archive while it reads from it; Windows allows that to files opened so.
            return new ShardFile(path, File.OpenHandle(path, share: FileShare.Read | FileShare.Delete, options: FileOptions.RandomAccess));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be opened: {error.Message}", innerException: error);
        }
    }

    public void Dispose() => _handle.Dispose();

    protected override void ReadWithin(long offset, Span<byte> destination)
    {
        try
        {
            while (destination.Length > 0)
            {
                int count = RandomAccess.Read(_handle, destination, offset);
                if (count == 0)
                {
                    throw new DataException(Name, $"ends at offset {offset}; it was {Length} bytes long when it was opened.");
                }

                offset += count;
                destination = destination[count..];
            }
        }
        catch (IOException error)
        {
            throw new DataException(Name, $"cannot be read at offset {offset}: {error.Message}", innerException: error);
        }
    }
}
