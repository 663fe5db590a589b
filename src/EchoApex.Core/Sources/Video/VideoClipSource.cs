using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Video;

/// <summary>
/// Reads AVI, MP4 and other videos through OpenCV's FFmpeg. All frames are decoded once, in order, into memory: the number
/// of frames is the number decoded, because headers are wrong about it and seeking is not exact. A clip whose three
/// channels are equal in every pixel becomes gray.
/// </summary>
public sealed class VideoClipSource : IClipSource
{
    private const long MostBytes = 4L << 30;

    /// <inheritdoc/>
    public string Name => "video";

    /// <inheritdoc/>
    public bool Recognizes(string path, ReadOnlySpan<byte> head) => VideoContainer.FormatOf(path, head) is not null;

    /// <inheritdoc/>
    public EchoClip Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new DataException(path, "the file does not exist.");
        }

        byte[] head = new byte[16];
        using (var stream = File.OpenRead(path))
        {
            head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }

        string format = VideoContainer.FormatOf(path, head) ?? "video";
        VideoContainer.CheckComplete(path, format);
        try
        {
            return Decode(path, format);
        }
        catch (OpenCVException error)
        {
            throw new DataException(path, $"cannot be decoded as video: {error.Message.ReplaceLineEndings(" ").Trim()}", innerException: error);
        }
    }

    private static EchoClip Decode(string path, string format)
    {
        // Named back end: others would take the path for a camera or a pattern of picture names.
        using var capture = new VideoCapture(path, VideoCaptureAPIs.FFMPEG);
        if (!capture.IsOpened())
        {
            throw new DataException(path, "cannot be opened as video: it is damaged, or of a kind that the FFmpeg of OpenCV does not read.");
        }

        double rate = capture.Fps;
        double announced = capture.Get(VideoCaptureProperties.FrameCount);
        string codec = FourCharacters(capture.Get(VideoCaptureProperties.FourCC));
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
            }

            if (picture.Rows != height || picture.Cols != width || picture.Depth() != MatType.CV_8U || picture.Channels() is not (1 or 3))
            {
                throw new DataException(path, $"decodes to {picture.Rows} x {picture.Cols} pixels of {picture.Channels()} channels after frames of {height} x {width}; the frames of one clip must have one size.", frames.Count);
            }

            frames.Add(ToBytes(picture));
            bytes += frames[^1].Length;
            if (bytes > MostBytes)
            {
                throw new DataException(path, $"needs more than {MostBytes >> 30} GiB decoded. Cut it into shorter clips, for instance with 'ffmpeg -ss START -t SECONDS -i IN OUT'.");
            }
        }

        if (frames.Count == 0)
        {
            throw new DataException(path, "holds no frame that can be decoded; it is damaged, or has no picture stream.");
        }

        string[] notes = announced > frames.Count && announced < int.MaxValue
            ? [$"The header announces {announced} frames; {frames.Count} could be decoded."]
            : [];
        return new EchoClip(new VideoFrameStore(frames, height, width), new ClipOrigin(path, format, codec))
        {
            FrameTimesMs = frames.Count > 1 && rate is > 0 and < 10_000 ? [.. Enumerable.Range(0, frames.Count).Select(i => i * 1000 / rate)] : null,
            Notes = notes,
        };
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
