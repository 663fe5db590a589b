using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// What the frames of a clip hold in common, pixel by pixel, gathered one frame at a time: the least and the greatest value
/// of the brightest channel, so that blue text counts as much as white, and the change from frame to frame.
/// </summary>
internal sealed class ClipStatistics
{
    private readonly byte[] _current;
    private readonly byte[] _saturation;

    public ClipStatistics(int width, int height, int channels)
    {
        (Width, Height, Channels) = (width, height, channels);
        (Darkest, Brightest, _current) = (new byte[width * height], new byte[width * height], new byte[width * height]);
        _saturation = channels == 3 ? new byte[width * height] : [];
        Darkest.AsSpan().Fill(byte.MaxValue);
    }

    public int Width { get; }

    public int Height { get; }

    public int Channels { get; }

    /// <summary>Frames seen so far.</summary>
    public int FrameCount { get; private set; }

    /// <summary>Least value of each pixel.</summary>
    public byte[] Darkest { get; }

    /// <summary>Greatest value of each pixel.</summary>
    public byte[] Brightest { get; }

    /// <summary>Greatest difference between the channels of each pixel: 0 where it was always gray; empty for gray clips.</summary>
    public ReadOnlySpan<byte> Saturation => _saturation;

    /// <summary>Statistics of every frame of a clip.</summary>
    /// <exception cref="Runtime.DataException">A frame cannot be decoded.</exception>
    public static ClipStatistics Of(EchoClip clip, CancellationToken cancellationToken = default)
    {
        var statistics = new ClipStatistics(clip.Width, clip.Height, clip.Channels);
        byte[] frame = new byte[clip.FrameLength];
        for (int i = 0; i < clip.FrameCount; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            clip.ReadFrame(i, frame);
            statistics.Add(frame);
        }

        return statistics;
    }

    /// <summary>Takes in a frame of Height x Width x Channels bytes.</summary>
    public void Add(ReadOnlySpan<byte> frame)
    {
        var values = frame;
        if (Channels == 3)
        {
            Brightness(frame);
            values = _current;
        }

        Accumulate(values, Darkest, Vector.Min, Math.Min);
        Accumulate(values, Brightest, Vector.Max, Math.Max);
        FrameCount++;
    }

    private void Brightness(ReadOnlySpan<byte> frame)
    {
        for (int i = 0, at = 0; i < _current.Length; i++, at += 3)
        {
            byte red = frame[at], green = frame[at + 1], blue = frame[at + 2];
            byte most = Math.Max(red, Math.Max(green, blue));
            byte spread = (byte)(most - Math.Min(red, Math.Min(green, blue)));
            _current[i] = most;
            _saturation[i] = Math.Max(_saturation[i], spread);
        }
    }

    private static void Accumulate(ReadOnlySpan<byte> values, Span<byte> into, Func<Vector<byte>, Vector<byte>, Vector<byte>> many, Func<byte, byte, byte> one)
    {
        var from = MemoryMarshal.Cast<byte, Vector<byte>>(values);
        var to = MemoryMarshal.Cast<byte, Vector<byte>>(into);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = many(to[i], from[i]);
        }

        for (int i = to.Length * Vector<byte>.Count; i < into.Length; i++)
        {
            into[i] = one(into[i], values[i]);
        }
    }
}
