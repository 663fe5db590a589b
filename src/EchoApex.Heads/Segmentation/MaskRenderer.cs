// Shape legend: H, W = rows and columns of the decoder's masks, row by row.
using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Segmentation;

/// <summary>Brings masks from the decoder's grid to frames and back; bilinear between the centres of pixels.</summary>
internal static class MaskRenderer
{
    /// <summary>The mask of a frame: 1 where the logit at the pixel's centre is above 0. What the network's input does not show is outside.</summary>
    /// <param name="logits_HW">Logits that cover the network's input.</param>
    /// <param name="width">W.</param>
    /// <param name="inputHeight">Rows of the network's input.</param>
    /// <param name="inputWidth">Columns of the network's input.</param>
    /// <param name="geometry">How frame and input belong together.</param>
    /// <param name="frameHeight">Rows of the frame.</param>
    /// <param name="frameWidth">Columns of the frame.</param>
    public static byte[] ToFrame(ReadOnlySpan<float> logits_HW, int width, int inputHeight, int inputWidth, FrameGeometry geometry, int frameHeight, int frameWidth)
    {
        int height = logits_HW.Length / width;
        var columns = Places(frameWidth, x => geometry.ToInput(x, 0).X, inputWidth, width);
        var rows = Places(frameHeight, y => geometry.ToInput(0, y).Y, inputHeight, height);
        byte[] mask = new byte[frameHeight * frameWidth];
        for (int y = 0; y < frameHeight; y++)
        {
            var (top, bottom, down) = rows[y];
            if (top < 0)
            {
                continue;
            }

            var upper = logits_HW.Slice(top * width, width);
            var lower = logits_HW.Slice(bottom * width, width);
            for (int x = 0; x < frameWidth; x++)
            {
                var (left, right, across) = columns[x];
                if (left >= 0)
                {
                    float above = upper[left] + (across * (upper[right] - upper[left]));
                    float below = lower[left] + (across * (lower[right] - lower[left]));
                    mask[(y * frameWidth) + x] = above + (down * (below - above)) > 0 ? (byte)1 : (byte)0;
                }
            }
        }

        return mask;
    }

    // For each pixel of a frame's axis its two neighbours on the mask's axis; -1 outside the input.
    private static (int Low, int High, float Share)[] Places(int length, Func<double, double> toInput, int inputLength, int maskLength) =>
        [.. Enumerable.Range(0, length).Select(i =>
        {
            double input = toInput(i);
            if (input < -0.5 || input > inputLength - 0.5)
            {
                return (-1, -1, 0f);
            }

            double place = Math.Clamp(((input + 0.5) * maskLength / inputLength) - 0.5, 0, maskLength - 1);
            int low = (int)place;
            return (low, Math.Min(low + 1, maskLength - 1), (float)(place - low));
        })];
}
