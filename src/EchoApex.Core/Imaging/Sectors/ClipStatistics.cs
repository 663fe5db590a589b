using System.Runtime.Intrinsics;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// What the frames of a clip hold in common, pixel by pixel, gathered one frame at a time: the least and the greatest value
/// of the brightest channel, so that blue text counts as much as white, and the change from frame to frame.
/// </summary>
internal sealed class ClipStatistics
{
    // An index that picks no byte.
    private const byte No = 255;

    private readonly byte[] _saturation;

    public ClipStatistics(int width, int height, int channels)
    {
        (Width, Height, Channels) = (width, height, channels);
        (Darkest, Brightest) = (new byte[width * height], new byte[width * height]);
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
        int i = Channels == 3 ? AddColorVectors(frame) : AddGrayVectors(frame);
        for (; i < Darkest.Length; i++)
        {
            var pixel = frame.Slice(i * Channels, Channels);
            byte most = pixel[0], least = pixel[0];
            foreach (byte value in pixel)
            {
                (most, least) = (Math.Max(most, value), Math.Min(least, value));
            }

            Darkest[i] = Math.Min(Darkest[i], most);
            Brightest[i] = Math.Max(Brightest[i], most);
            if (Channels == 3)
            {
                _saturation[i] = Math.Max(_saturation[i], (byte)(most - least));
            }
        }

        FrameCount++;
    }

    private int AddGrayVectors(ReadOnlySpan<byte> frame)
    {
        int i = 0;
        for (; i + Vector128<byte>.Count <= Darkest.Length; i += Vector128<byte>.Count)
        {
            Gather(Vector128.Create(frame[i..]), i);
        }

        return i;
    }

    // Sixteen pixels at a time: their channels are picked apart from three vectors of interleaved bytes.
    private int AddColorVectors(ReadOnlySpan<byte> frame)
    {
        int i = 0;
        for (; i + Vector128<byte>.Count <= Darkest.Length; i += Vector128<byte>.Count)
        {
            var a = Vector128.Create(frame[(3 * i)..]);
            var b = Vector128.Create(frame[((3 * i) + 16)..]);
            var c = Vector128.Create(frame[((3 * i) + 32)..]);
            var red = Vector128.Shuffle(a, Vector128.Create((byte)0, 3, 6, 9, 12, 15, No, No, No, No, No, No, No, No, No, No))
                | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, No, 2, 5, 8, 11, 14, No, No, No, No, No))
                | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, 1, 4, 7, 10, 13));
            var green = Vector128.Shuffle(a, Vector128.Create((byte)1, 4, 7, 10, 13, No, No, No, No, No, No, No, No, No, No, No))
                | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, 0, 3, 6, 9, 12, 15, No, No, No, No, No))
                | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, 2, 5, 8, 11, 14));
            var blue = Vector128.Shuffle(a, Vector128.Create((byte)2, 5, 8, 11, 14, No, No, No, No, No, No, No, No, No, No, No))
                | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, 1, 4, 7, 10, 13, No, No, No, No, No, No))
                | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, 0, 3, 6, 9, 12, 15));
            var most = Vector128.Max(red, Vector128.Max(green, blue));
            var spread = most - Vector128.Min(red, Vector128.Min(green, blue));
            Vector128.Max(Vector128.Create(_saturation, i), spread).CopyTo(_saturation, i);
            Gather(most, i);
        }

        return i;
    }

    private void Gather(Vector128<byte> values, int at)
    {
        Vector128.Min(Vector128.Create(Darkest, at), values).CopyTo(Darkest, at);
        Vector128.Max(Vector128.Create(Brightest, at), values).CopyTo(Brightest, at);
    }
}
