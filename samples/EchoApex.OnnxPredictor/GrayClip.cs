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

    /// <summary>
    /// What the ultrasound image covers: in each row all that lies between the first and the last pixel which is lit in any frame. (A fan has no
    /// holes; a chamber that is black in every frame belongs to it.)
    /// </summary>
    public bool[] Inside { get; } = Cover(Frames, Height, Width, Pixels);

    /// <summary>One frame.</summary>
    public ReadOnlySpan<byte> Frame(int index) => Pixels.AsSpan(index * Height * Width, Height * Width);

    private static bool[] Cover(int frames, int height, int width, byte[] pixels)
    {
        bool[] inside = new bool[height * width];
        for (int y = 0; y < height; y++)
        {
            bool IsLit(int x) => Enumerable.Range(0, frames).Any(frame => pixels[(((frame * height) + y) * width) + x] > 0);
            int first = Enumerable.Range(0, width).FirstOrDefault(IsLit, width);
            int last = Enumerable.Range(0, width).Reverse().FirstOrDefault(IsLit, -1);
            for (int x = first; x <= last; x++)
            {
                inside[(y * width) + x] = true;
            }
        }

        return inside;
    }
}
