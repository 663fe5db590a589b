using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EchoApex.OnnxPredictor;

/// <summary>Turns frames into a model's input, as the entry "echoapex.preprocessing" of its file says.</summary>
internal sealed class InputImages
{
    private readonly int _side;
    private readonly bool _pads;
    private readonly bool _byImage;
    private readonly double[] _mean;
    private readonly double[] _std;

    public InputImages(string preprocessing)
    {
        var root = JsonDocument.Parse(preprocessing).RootElement;
        _side = root.GetProperty("image_size").GetInt32();
        _pads = root.GetProperty("fit").GetString() == "pad";
        _byImage = root.GetProperty("normalization").GetString() == "image";
        _mean = Numbers(root.GetProperty("mean"));
        _std = Numbers(root.GetProperty("std"));
    }

    /// <summary>float32 [frames, 3, S, S].</summary>
    public DenseTensor<float> Make(GrayClip clip, IReadOnlyList<int> frames)
    {
        int area = _side * _side;
        var images = new DenseTensor<float>([frames.Count, 3, _side, _side]);
        var values = images.Buffer.Span;
        for (int i = 0; i < frames.Count; i++)
        {
            Normalize(Square(clip, clip.Frame(frames[i])), values.Slice(i * 3 * area, 3 * area));
        }

        return images;
    }

    // Gray values as bytes, as the models were trained on; -1 where the sector is not.
    private int[] Square(GrayClip clip, ReadOnlySpan<byte> frame)
    {
        double scale = (double)_side / Math.Max(clip.Height, clip.Width);
        int height = _pads ? Math.Clamp((int)Math.Round(clip.Height * scale), 1, _side) : _side;
        int width = _pads ? Math.Clamp((int)Math.Round(clip.Width * scale), 1, _side) : _side;
        int top = (_side - height) / 2, left = (_side - width) / 2;
        int[] square = new int[_side * _side];
        Array.Fill(square, -1);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int row = y * clip.Height / height, column = x * clip.Width / width;
                if (clip.Inside[(row * clip.Width) + column])
                {
                    square[((top + y) * _side) + left + x] = (int)Math.Round(Mean(frame, clip.Width, Part(y, height, clip.Height), Part(x, width, clip.Width)));
                }
            }
        }

        return square;
    }

    // The part of a source axis that a place of the target covers; at least one pixel about its centre when it is enlarged.
    private static (double From, double To) Part(int place, int length, int source)
    {
        double size = (double)source / length;
        double centre = (place + 0.5) * size;
        double half = Math.Max(size, 1) / 2;
        return (Math.Max(0, centre - half), Math.Min(source, centre + half));
    }

    // Each pixel counts by the share of it that is covered.
    private static double Mean(ReadOnlySpan<byte> frame, int width, (double From, double To) rows, (double From, double To) columns)
    {
        double sum = 0, area = 0;
        for (int y = (int)rows.From; y < rows.To; y++)
        {
            double tall = Math.Min(y + 1, rows.To) - Math.Max(y, rows.From);
            for (int x = (int)columns.From; x < columns.To; x++)
            {
                double share = tall * (Math.Min(x + 1, columns.To) - Math.Max(x, columns.From));
                sum += share * frame[(y * width) + x];
                area += share;
            }
        }

        return sum / area;
    }

    private void Normalize(int[] square, Span<float> values)
    {
        int[] inside = [.. square.Where(value => value >= 0)];
        double mean = inside.Length == 0 ? 0 : inside.Average();
        double variance = inside.Length == 0 ? 0 : inside.Average(value => (value - mean) * (value - mean));
        double scale = variance > 1e-6 ? 1 / Math.Sqrt(variance) : 0;
        for (int channel = 0; channel < 3; channel++)
        {
            for (int i = 0; i < square.Length; i++)
            {
                values[(channel * square.Length) + i] = (float)(_byImage
                    ? square[i] >= 0 ? (square[i] - mean) * scale : 0
                    : ((Math.Max(0, square[i]) / 255.0) - _mean[channel]) / _std[channel]);
            }
        }
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetDouble())];
}
