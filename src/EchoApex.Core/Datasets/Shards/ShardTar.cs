using System.Security.Cryptography;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// One archive while it is written, under a temporary name. <see cref="Finish"/> gives archive and index their names, the index
/// last: an archive with an index is a finished one.
/// </summary>
internal sealed class ShardTar : IDisposable
{
    public const string TemporaryExtension = ".partial";

    private readonly string _tar;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<(ShardClipRecord Record, ShardFrameRecord[] Frames, string Key, string? Patient)> _clips = [];
    private bool _finished;

    public ShardTar(string tar)
    {
        _tar = tar;
        _stream = new FileStream(tar + TemporaryExtension, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
    }

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    public int ClipCount => _clips.Count;

    public void Add(ReadOnlySpan<byte> bytes, ShardClipRecord record, ShardFrameRecord[] frames, string key, string? patient)
    {
        _clips.Add((record with { Offset = Length }, frames, key, patient));
        Put(bytes);
    }

    /// <summary>Closes the archive and writes its index.</summary>
    public ShardEntry Finish(ShardCodec codec, int quality)
    {
        Put(new byte[TarMember.EndLength]);
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        byte[] sha256 = _hash.GetHashAndReset();
        byte[] index = ShardIndex.Write(Length, sha256, codec, quality, _clips);
        File.Move(_tar + TemporaryExtension, _tar);
        AtomicOutput.WriteFile(ShardLayout.IndexOf(_tar), stream => stream.Write(index));
        _finished = true;
        return new ShardEntry(Path.GetFileName(_tar), _clips.Count, _clips.Sum(clip => clip.Frames.Length), Length, Convert.ToHexStringLower(sha256));
    }

    /// <summary>Closes the archive; one that was not finished is removed.</summary>
    public void Dispose()
    {
        _hash.Dispose();
        _stream.Dispose();
        if (!_finished)
        {
            File.Delete(_tar + TemporaryExtension);
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.AppendData(bytes);
        Length += bytes.Length;
    }
}
