using EchoApex.Core.Runtime;
using Microsoft.Win32.SafeHandles;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>
/// A file read by position. It is opened for each read, so that any number of clips may be held without holding file
/// handles; <see cref="KeepOpen"/> spares that while the headers are read.
/// </summary>
internal sealed class FileByteSource : ByteSource
{
    private readonly string _path;
    private SafeFileHandle? _handle;

    public FileByteSource(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException(path, "the file does not exist.");
        }

        _path = path;
        Length = new FileInfo(path).Length;
    }

    public override string Name => _path;

    public override long Length { get; }

    /// <summary>Keeps the file open until the result is disposed; for one thread, before the source is shared.</summary>
    public IDisposable KeepOpen()
    {
        _handle = Open();
        return new Closer(this);
    }

    protected override void ReadWithin(long offset, Span<byte> destination)
    {
        if (_handle is { } open)
        {
            Fill(open, offset, destination);
            return;
        }

        using var handle = Open();
        Fill(handle, offset, destination);
    }

    private SafeFileHandle Open()
    {
        try
        {
            return File.OpenHandle(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(_path, $"cannot be opened: {error.Message}", innerException: error);
        }
    }

    private void Fill(SafeFileHandle handle, long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int count = ReadSome(handle, offset, destination);
            if (count == 0)
            {
                throw new DataException(_path, $"ends at offset {offset}; it was {Length} bytes long when it was opened.");
            }

            offset += count;
            destination = destination[count..];
        }
    }

    private int ReadSome(SafeFileHandle handle, long offset, Span<byte> destination)
    {
        try
        {
            return RandomAccess.Read(handle, destination, offset);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(_path, $"cannot be read at offset {offset}: {error.Message}", innerException: error);
        }
    }

    private sealed class Closer(FileByteSource source) : IDisposable
    {
        public void Dispose()
        {
            source._handle?.Dispose();
            source._handle = null;
        }
    }
}
