using System.Buffers;
using System.Diagnostics;
using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Sectors;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>The gray frames of a clip, decoded once and kept where they fit a bound of memory, decoded again where they do not.</summary>
internal sealed class DecodedFrames : IDisposable
{
    private readonly EchoClip _clip;
    private readonly byte[]?[] _gray;
    private readonly byte[] _frame;

    public DecodedFrames(EchoClip clip, long budget, CancellationToken cancellationToken)
    {
        _clip = clip;
        _frame = new byte[clip.FrameLength];
        int area = clip.Width * clip.Height;
        bool keep = (long)area * clip.FrameCount <= budget;
        _gray = new byte[clip.FrameCount][];
        Statistics = new ClipStatistics(clip.Width, clip.Height, clip.Channels);
        for (int i = 0; i < clip.FrameCount; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Decode(i);
            _gray[i] = keep ? ArrayPool<byte>.Shared.Rent(area) : null;
            Statistics.Add(_frame, _gray[i].AsSpan(0, keep ? area : 0));
        }
    }

    public ClipStatistics Statistics { get; }

    /// <summary>Time spent in the clip's decoder.</summary>
    public TimeSpan DecodeTime { get; private set; }

    /// <summary>A frame of Height x Width bytes; valid until the next call.</summary>
    public ReadOnlySpan<byte> Gray(int index)
    {
        if (_gray[index] is { } kept)
        {
            return kept.AsSpan(0, _clip.Width * _clip.Height);
        }

        Decode(index);
        if (_clip.Channels == 1)
        {
            return _frame;
        }

        byte[] gray = new byte[_clip.Width * _clip.Height];
        FrameOperations.ToGray(_frame, gray);
        return gray;
    }

    /// <summary>Gives the memory of the frames back; spans of them end here.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _gray.Length; i++)
        {
            if (_gray[i] is { } frame)
            {
                _gray[i] = null;
                ArrayPool<byte>.Shared.Return(frame);
            }
        }
    }

    private void Decode(int index)
    {
        long start = Stopwatch.GetTimestamp();
        _clip.ReadFrame(index, _frame);
        DecodeTime += Stopwatch.GetElapsedTime(start);
    }
}
