using System.Globalization;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Sources.Images;

/// <summary>Writes a clip as a folder of PNG pictures, frame_0000.png onwards, without loss.</summary>
public static class PngClipWriter
{
    /// <summary>Writes the folder, whole or not at all.</summary>
    /// <param name="folder">The folder to make; it must not exist, or be empty.</param>
    /// <param name="clip">The clip.</param>
    /// <param name="cancellationToken">Stops between frames and leaves nothing behind.</param>
    /// <exception cref="EchoApexException">The folder exists and is not empty.</exception>
    /// <exception cref="DataException">A frame cannot be decoded.</exception>
    public static void Write(string folder, EchoClip clip, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(clip);
        AtomicOutput.CreateFolder(folder, temporary =>
        {
            // Names of equal length keep ordinal order the order of frames.
            int digits = Math.Max(4, (clip.FrameCount - 1).ToString(CultureInfo.InvariantCulture).Length);
            byte[] pixels = new byte[clip.FrameLength];
            for (int frame = 0; frame < clip.FrameCount; frame++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                clip.ReadFrame(frame, pixels);
                string name = "frame_" + frame.ToString("D" + digits, CultureInfo.InvariantCulture) + ".png";
                File.WriteAllBytes(Path.Combine(temporary, name), Encode(pixels, clip.Height, clip.Width, clip.Channels));
            }
        });
    }

    /// <summary>One picture as the bytes of a PNG file.</summary>
    /// <param name="pixels">height x width x channels bytes, gray or red-green-blue.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">1 or 3.</param>
    public static unsafe byte[] Encode(ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels.Length, height * width * channels, nameof(pixels));
        fixed (byte* source = pixels)
        {
            using var picture = Mat.FromPixelData(height, width, channels == 1 ? MatType.CV_8UC1 : MatType.CV_8UC3, (nint)source);
            using var ordered = new Mat();
            if (channels == 3)
            {
                Cv2.CvtColor(picture, ordered, ColorConversionCodes.RGB2BGR);
            }

            Cv2.ImEncode(".png", channels == 3 ? ordered : picture, out byte[] bytes);
            return bytes;
        }
    }
}
