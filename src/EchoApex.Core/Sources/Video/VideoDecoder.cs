using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Video;

/// <summary>
/// Decodes all frames of a video with OpenCV's FFmpeg, once and in order: the number of frames is the number decoded, because headers
/// are wrong about it, and seeking is not exact. Gray frames take one byte a pixel.
/// </summary>
internal static class VideoDecoder
{
    private const long MostBytes = 4L << 30;

    /// <summary>Decodes a video.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="name">The file to name in messages.</param>
    /// <param name="expected">The size that frames must have; null for any.</param>
    /// <exception cref="DataException">It cannot be decoded, or its frames have another size.</exception>
    public static DecodedVideo Decode(string path, string name, (int Height, int Width)? expected = null)
    {
        try
        {
            // Named back end: others would take the path for a camera or a pattern of picture names.
            using var capture = new VideoCapture(path, VideoCaptureAPIs.FFMPEG);
            if (!capture.IsOpened())
            {
                throw new DataException(name, "cannot be opened as video: it is damaged, or of a kind that the FFmpeg of OpenCV does not read.");
            }

            double rate = capture.Fps;
            double announced = capture.Get(VideoCaptureProperties.FrameCount);
            string codec = FourCharacters(capture.Get(VideoCaptureProperties.FourCC));
            List<double> stamps = [];
            var (frames, height, width) = ReadFrames(capture, name, expected, stamps);
            return new DecodedVideo(
                frames, height, width, rate is > 0 and < 10_000 ? rate : null, announced is > 0 and < int.MaxValue ? (int)announced : null, codec)
            {
                StampsMs = stamps,
            };
        }
        catch (OpenCVException error)
        {
            throw new DataException(name, $"cannot be decoded as video: {error.Message.ReplaceLineEndings(" ").Trim()}", innerException: error);
        }
    }

    private static (List<byte[]> Frames, int Height, int Width) ReadFrames(VideoCapture capture, string name, (int Height, int Width)? expected, List<double> stamps)
    {
        List<byte[]> frames = [];
        using var picture = new Mat();
        int height = 0;
        int width = 0;
        long bytes = 0;
        while (capture.Read(picture) && !picture.Empty())
        {
            if (frames.Count == 0)
            {
                (height, width) = (picture.Rows, picture.Cols);
                if (expected is { } size && size != (height, width))
                {
                    throw new DataException(name, $"its video stream holds frames of {height} x {width} pixels; the header declares {size.Height} x {size.Width}.");
                }
            }

            if (picture.Rows != height || picture.Cols != width || picture.Depth() != MatType.CV_8U || picture.Channels() is not (1 or 3))
            {
                throw new DataException(name, $"decodes to {picture.Rows} x {picture.Cols} pixels of {picture.Channels()} channels after frames of {height} x {width}; the frames of one clip must have one size.", frames.Count);
            }

            frames.Add(ToBytes(picture));
            stamps.Add(capture.Get(VideoCaptureProperties.PosMsec));
            bytes += frames[^1].Length;
            if (bytes > MostBytes)
            {
                throw new DataException(name, $"needs more than {MostBytes >> 30} GiB decoded. Cut it into shorter clips, for instance with 'ffmpeg -ss START -t SECONDS -i IN OUT'.");
            }
        }

        return frames.Count > 0
            ? (frames, height, width)
            : throw new DataException(name, "holds no frame that can be decoded; it is damaged, or has no picture stream.");
    }

    private static unsafe byte[] ToBytes(Mat picture)
    {
        int pixels = picture.Rows * picture.Cols;
        if (picture.Channels() == 1)
        {
            return Copy(picture, pixels);
        }

        if (picture.IsContinuous() && IsGray(new ReadOnlySpan<byte>(picture.DataPointer, 3 * pixels)))
        {
            byte[] gray = new byte[pixels];
            var colors = new ReadOnlySpan<byte>(picture.DataPointer, 3 * pixels);
            for (int i = 0; i < gray.Length; i++)
            {
                gray[i] = colors[3 * i];
            }

            return gray;
        }

        using var ordered = new Mat();
        Cv2.CvtColor(picture, ordered, ColorConversionCodes.BGR2RGB);
        return Copy(ordered, 3 * pixels);
    }

    private static unsafe byte[] Copy(Mat picture, int length)
    {
        byte[] bytes = new byte[length];
        fixed (byte* target = bytes)
        {
            using var destination = Mat.FromPixelData(picture.Rows, picture.Cols, picture.Type(), (nint)target);
            picture.CopyTo(destination);
        }

        return bytes;
    }

    private static bool IsGray(ReadOnlySpan<byte> colors)
    {
        for (int i = 0; i + 2 < colors.Length; i += 3)
        {
            if (colors[i] != colors[i + 1] || colors[i] != colors[i + 2])
            {
                return false;
            }
        }

        return true;
    }

    private static string FourCharacters(double code)
    {
        uint value = code is > 0 and < uint.MaxValue ? (uint)code : 0;
        string text = string.Concat(Enumerable.Range(0, 4).Select(i => (char)((value >> (8 * i)) & 0xFF)).Where(c => c is >= ' ' and <= '~')).Trim();
        return text.Length == 0 ? "unknown" : text;
    }
}
