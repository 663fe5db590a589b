namespace EchoApex.OnnxPredictor;

/// <summary>A clip as gray bytes, cut to the ultrasound sector and black outside it, as <c>echoapex convert CLIP OUT.npy</c> writes it.</summary>
/// <param name="Frames">T.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Pixels">T x Height x Width bytes.</param>
internal sealed record GrayClip(int Frames, int Height, int Width, byte[] Pixels)
{
    /// <summary>Reads an .npy of bytes, [T, H, W, C]; colour becomes luma.</summary>
    public static GrayClip Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = BitConverter.ToUInt16(file, 8);
        string text = System.Text.Encoding.ASCII.GetString(file, 10, header);
        if (!text.Contains("'|u1'", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{path} holds no bytes: {text}");
        }

        int open = text.IndexOf('(', StringComparison.Ordinal);
        int[] shape = [.. text[(open + 1)..text.IndexOf(')', open)].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(int.Parse)];
        var (frames, height, width, channels) = (shape[0], shape[1], shape[2], shape.Length > 3 ? shape[3] : 1);
        byte[] pixels = new byte[frames * height * width];
        for (int i = 0, from = 10 + header; i < pixels.Length; i++, from += channels)
        {
            pixels[i] = channels == 1 ? file[from] : (byte)Math.Round((0.299 * file[from]) + (0.587 * file[from + 1]) + (0.114 * file[from + 2]));
        }

        return new GrayClip(frames, height, width, pixels);
    }

    /// <summary>One frame.</summary>
    public ReadOnlySpan<byte> Frame(int index) => Pixels.AsSpan(index * Height * Width, Height * Width);
}
