using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    // Luma of ITU-R BT.601 in fixed point, OpenCV's.
    private const int ShareBits = 15, RedShare = 9798, GreenShare = 19235, BlueShare = 3735, HalfShare = 1 << (ShareBits - 1);

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
    public void Add(ReadOnlySpan<byte> frame) => Add(frame, []);

    /// <summary>Takes in a frame, and gives its luma in the same pass.</summary>
    /// <param name="frame">Height x Width x Channels bytes.</param>
    /// <param name="gray">Receives Height x Width bytes, those of <see cref="FrameOperations.ToGray"/>; or empty.</param>
    public void Add(ReadOnlySpan<byte> frame, Span<byte> gray)
    {
        if (Channels == 3)
        {
            AddColor(frame, gray);
        }
        else
        {
            for (int i = AddGrayVectors(frame); i < Darkest.Length; i++)
            {
                Gather(frame[i], i);
            }

            if (!gray.IsEmpty)
            {
                frame[..Darkest.Length].CopyTo(gray);
            }
        }

        FrameCount++;
    }

    private void AddColor(ReadOnlySpan<byte> frame, Span<byte> gray)
    {
        for (int i = AddColorVectors(frame, gray); i < Darkest.Length; i++)
        {
            var (red, green, blue) = (frame[3 * i], frame[(3 * i) + 1], frame[(3 * i) + 2]);
            byte most = Math.Max(red, Math.Max(green, blue));
            Gather(most, i);
            _saturation[i] = Math.Max(_saturation[i], (byte)(most - Math.Min(red, Math.Min(green, blue))));
            if (!gray.IsEmpty)
            {
                gray[i] = (byte)(((red * RedShare) + (green * GreenShare) + (blue * BlueShare) + HalfShare) >> ShareBits);
            }
        }
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

    // Sixteen pixels at a time. Most of a screen is gray, which one channel shows; else the channels are picked apart from three vectors of interleaved bytes.
    private int AddColorVectors(ReadOnlySpan<byte> frame, Span<byte> gray)
    {
        int i = 0;
        for (; i + Vector128<byte>.Count <= Darkest.Length; i += Vector128<byte>.Count)
        {
            ref byte pixels = ref MemoryMarshal.GetReference(frame.Slice(3 * i, 3 * Vector128<byte>.Count));
            var a = Vector128.LoadUnsafe(ref pixels);
            var b = Vector128.LoadUnsafe(ref pixels, 16);
            var c = Vector128.LoadUnsafe(ref pixels, 32);
            var red = Vector128.Shuffle(a, Vector128.Create((byte)0, 3, 6, 9, 12, 15, No, No, No, No, No, No, No, No, No, No))
                | Vector128.Shuffle(b, Vector128.Create(No, No, No, No, No, No, 2, 5, 8, 11, 14, No, No, No, No, No))
                | Vector128.Shuffle(c, Vector128.Create(No, No, No, No, No, No, No, No, No, No, No, 1, 4, 7, 10, 13));
            if ((3 * (i + Vector128<byte>.Count)) < frame.Length && IsGray(ref pixels, a, b, c))
            {
                Gather(red, i);
                if (!gray.IsEmpty)
                {
                    red.CopyTo(gray[i..]);
                }

                continue;
            }

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
            if (!gray.IsEmpty)
            {
                Luma(red, green, blue).CopyTo(gray[i..]);
            }
        }

        return i;
    }

    private static Vector128<byte> Luma(Vector128<byte> red, Vector128<byte> green, Vector128<byte> blue)
    {
        var (redLow, redHigh) = Vector128.Widen(red);
        var (greenLow, greenHigh) = Vector128.Widen(green);
        var (blueLow, blueHigh) = Vector128.Widen(blue);
        return Vector128.Narrow(Luma(redLow, greenLow, blueLow), Luma(redHigh, greenHigh, blueHigh));
    }

    private static Vector128<ushort> Luma(Vector128<ushort> red, Vector128<ushort> green, Vector128<ushort> blue)
    {
        var (redLow, redHigh) = Vector128.Widen(red);
        var (greenLow, greenHigh) = Vector128.Widen(green);
        var (blueLow, blueHigh) = Vector128.Widen(blue);
        var half = Vector128.Create((uint)HalfShare);
        return Vector128.Narrow(
            ((redLow * RedShare) + (greenLow * GreenShare) + (blueLow * BlueShare) + half) >> ShareBits,
            ((redHigh * RedShare) + (greenHigh * GreenShare) + (blueHigh * BlueShare) + half) >> ShareBits);
    }

    // Whether red is green and green is blue in sixteen pixels: each byte is compared with the next one, but for blue, whose next one is another pixel's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsGray(ref byte pixels, Vector128<byte> a, Vector128<byte> b, Vector128<byte> c)
    {
        var differences = ((a ^ Vector128.LoadUnsafe(ref pixels, 1)) & Vector128.Create((byte)255, 255, 0, 255, 255, 0, 255, 255, 0, 255, 255, 0, 255, 255, 0, 255))
            | ((b ^ Vector128.LoadUnsafe(ref pixels, 17)) & Vector128.Create((byte)255, 0, 255, 255, 0, 255, 255, 0, 255, 255, 0, 255, 255, 0, 255, 255))
            | ((c ^ Vector128.LoadUnsafe(ref pixels, 33)) & Vector128.Create((byte)0, 255, 255, 0, 255, 255, 0, 255, 255, 0, 255, 255, 0, 255, 255, 0));
        return differences == Vector128<byte>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Gather(Vector128<byte> values, int at)
    {
        Vector128.Min(Vector128.Create(Darkest, at), values).CopyTo(Darkest, at);
        Vector128.Max(Vector128.Create(Brightest, at), values).CopyTo(Brightest, at);
    }

    private void Gather(byte value, int at)
    {
        Darkest[at] = Math.Min(Darkest[at], value);
        Brightest[at] = Math.Max(Brightest[at], value);
    }
}
