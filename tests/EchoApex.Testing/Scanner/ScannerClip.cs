using EchoApex.Core.Imaging;

namespace EchoApex.Testing.Scanner;

/// <summary>A clip as a scanner's screen shows it, with what was drawn where.</summary>
/// <param name="Clip">The frames.</param>
/// <param name="Kind">The fan's form, with "still" where nothing moves.</param>
/// <param name="Fan">Height x Width bytes: 255 where the image is drawn.</param>
/// <param name="Overlay">Height x Width bytes: 255 where text or graphics were drawn in any frame, outside the fan.</param>
/// <param name="Words">The texts that were drawn.</param>
public sealed record ScannerClip(EchoClip Clip, string Kind, byte[] Fan, byte[] Overlay, IReadOnlyList<string> Words)
{
    /// <summary>
    /// Compares a mask of the whole frame with the truth: the share of the fan that it keeps, and the drawn pixels outside
    /// the fan that it lets through.
    /// </summary>
    public (double Kept, int Survivors) Compare(SectorCrop crop)
    {
        int fan = 0, kept = 0, survivors = 0;
        for (int i = 0; i < Fan.Length; i++)
        {
            int x = (i % Clip.Width) - crop.X, y = (i / Clip.Width) - crop.Y;
            bool passes = x >= 0 && y >= 0 && x < crop.Width && y < crop.Height && crop.Mask[(y * crop.Width) + x] != 0;
            fan += Fan[i] != 0 ? 1 : 0;
            kept += Fan[i] != 0 && passes ? 1 : 0;
            survivors += Overlay[i] != 0 && passes ? 1 : 0;
        }

        return (kept / (double)Math.Max(1, fan), survivors);
    }
}
