using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Sources;

/// <summary>Encodes frames of a clip as baseline JPEG: one component for gray, YCbCr 4:2:2 for colour.</summary>
internal sealed class JpegFrameEncoder
{
    // OpenCV's IMWRITE_JPEG_SAMPLING_FACTOR, which the wrapper has no name for.
    private const int SamplingFactor = 7;

    // Chroma sampled 2 x 1, the layout that DICOM calls YBR_FULL_422 (OpenCV's IMWRITE_JPEG_SAMPLING_FACTOR_422).
    private const int Sampling422 = 0x211111;

    private readonly EchoClip _clip;
    private readonly byte[] _pixels;
    private readonly int[] _parameters;

    public JpegFrameEncoder(EchoClip clip, int quality)
    {
        _clip = clip;
        _pixels = new byte[clip.FrameLength];
        _parameters =
        [
            (int)ImwriteFlags.JpegQuality, quality,
            SamplingFactor, Sampling422,
        ];
    }

    /// <summary>One frame as a complete JPEG stream.</summary>
    public unsafe byte[] Encode(int frame)
    {
        _clip.ReadFrame(frame, _pixels);
        bool color = _clip.Channels == 3;
        if (color)
        {
            SwapRedAndBlue(_pixels);
        }

        fixed (byte* pointer = _pixels)
        {
            using var image = Mat.FromPixelData(_clip.Height, _clip.Width, color ? MatType.CV_8UC3 : MatType.CV_8UC1, (nint)pointer);
            if (!Cv2.ImEncode(".jpg", image, out byte[] encoded, _parameters))
            {
                throw new EchoApexException($"Frame {frame} of {_clip.Origin.Path} ({_clip.Width} x {_clip.Height}) cannot be encoded as JPEG; write it uncompressed instead.");
            }

            return encoded;
        }
    }

    private static void SwapRedAndBlue(Span<byte> pixels)
    {
        for (int i = 0; i + 2 < pixels.Length; i += 3)
        {
            (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
        }
    }
}
