using EchoApex.Core.Runtime;
using Microsoft.Win32.SafeHandles;

namespace EchoApex.Core.Checkpoints;

/// <summary>A weights file opened for positioned reads; every fault is a <see cref="CheckpointException"/>.</summary>
internal sealed class WeightsStream : IDisposable
{
    private readonly SafeFileHandle _handle;

    private WeightsStream(string path, SafeFileHandle handle)
    {
        (Path, _handle) = (path, handle);
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public long Length { get; }

    public static WeightsStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new CheckpointException(path, Directory.Exists(path)
                ? "is a folder; a weights file (.safetensors or .pth) is needed."
                : "the file does not exist.");
        }

        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return new WeightsStream(path, handle);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw new CheckpointException(path, $"cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Fills a span from a position of the file.</summary>
    public void ReadExactly(Span<byte> destination, long offset)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                int got = RandomAccess.Read(_handle, destination, offset);
                if (got <= 0)
                {
                    throw new CheckpointException(Path, $"ends at byte {offset}, {destination.Length} bytes too early. The file is cut short: fetch it again.");
                }

                destination = destination[got..];
                offset += got;
            }
        }
        catch (IOException error)
        {
            throw new CheckpointException(Path, $"cannot be read at byte {offset}: {error.Message}", error);
        }
    }

    /// <summary>A part of the file as a stream of its own; the file stays open.</summary>
    public Stream Section(long offset, long length) => new SectionStream(this, offset, length);

    public void Dispose() => _handle.Dispose();

    private sealed class SectionStream(WeightsStream file, long offset, long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => _position = Math.Clamp(value, 0, length);
        }

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, length - _position);
            if (count > 0)
            {
                file.ReadExactly(buffer[..count], offset + _position);
                _position += count;
            }

            return Math.Max(count, 0);
        }

        public override int Read(byte[] buffer, int start, int count) => Read(buffer.AsSpan(start, count));

        public override long Seek(long to, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => to,
            SeekOrigin.Current => _position + to,
            _ => length + to,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int start, int count) => throw new NotSupportedException();
    }
}
