// Shape legend: H x W = source, h x w = result.
using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Imaging;

/// <summary>
/// Shrinks gray pictures of one size to another: each pixel is the mean of what it covers, rounded. What OpenCV's area interpolation gives, but for
/// single levels where a mean lies half-way; OpenCV's took most of the time of cutting in ingest.
/// </summary>
/// <remarks>Thread safety: an instance belongs to one thread at a time.</remarks>
internal sealed class AreaShrink
{
    private readonly int _height, _width;
    private readonly Cover[] _rows, _columns;
    private readonly float[] _weights;
    private readonly float[] _sums;

    /// <summary>Plans.</summary>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="newHeight">h, at most H.</param>
    /// <param name="newWidth">w, at most W.</param>
    public AreaShrink(int height, int width, int newHeight, int newWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(newHeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(newWidth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(newHeight, height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(newWidth, width);
        (_height, _width) = (height, width);
        var weights = new List<float>();
        (_rows, _columns) = (Plan(height, newHeight, weights), Plan(width, newWidth, weights));
        (_weights, _sums) = ([.. weights], new float[width]);
    }

    /// <summary>Shrinks a picture.</summary>
    /// <param name="source">H x W bytes.</param>
    /// <param name="destination">Receives h x w bytes.</param>
    public void Run(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length < _height * _width || destination.Length < _rows.Length * _columns.Length)
        {
            throw new ArgumentException($"{source.Length} bytes to {destination.Length} cannot be shrunk from {_height} x {_width} to {_rows.Length} x {_columns.Length}.", nameof(source));
        }

        for (int y = 0; y < _rows.Length; y++)
        {
            var rows = _rows[y];
            _sums.AsSpan().Clear();
            for (int k = 0; k < rows.Count; k++)
            {
                Add(source.Slice((rows.First + k) * _width, _width), _weights[rows.Weights + k]);
            }

            WriteRow(destination.Slice(y * _columns.Length, _columns.Length));
        }
    }

    private void Add(ReadOnlySpan<byte> row, float weight)
    {
        var many = MemoryMarshal.Cast<byte, Vector<byte>>(row);
        var sums = MemoryMarshal.Cast<float, Vector<float>>(_sums.AsSpan());
        var factor = new Vector<float>(weight);
        for (int i = 0; i < many.Length; i++)
        {
            Vector.Widen(many[i], out var low, out var high);
            Vector.Widen(low, out var first, out var second);
            Vector.Widen(high, out var third, out var fourth);
            var four = sums.Slice(4 * i, 4);
            four[0] += Vector.ConvertToSingle(Vector.AsVectorInt32(first)) * factor;
            four[1] += Vector.ConvertToSingle(Vector.AsVectorInt32(second)) * factor;
            four[2] += Vector.ConvertToSingle(Vector.AsVectorInt32(third)) * factor;
            four[3] += Vector.ConvertToSingle(Vector.AsVectorInt32(fourth)) * factor;
        }

        for (int x = many.Length * Vector<byte>.Count; x < row.Length; x++)
        {
            _sums[x] += row[x] * weight;
        }
    }

    private void WriteRow(Span<byte> row)
    {
        for (int x = 0; x < row.Length; x++)
        {
            var columns = _columns[x];
            var sums = _sums.AsSpan(columns.First, columns.Count);
            var weights = _weights.AsSpan(columns.Weights, columns.Count);
            float sum = 0.5f;
            for (int k = 0; k < sums.Length; k++)
            {
                sum += sums[k] * weights[k];
            }

            row[x] = (byte)Math.Min(sum, byte.MaxValue);
        }
    }

    // Which source rows or columns each of the result covers, and by how much of it.
    private static Cover[] Plan(int length, int newLength, List<float> weights)
    {
        var plan = new Cover[newLength];
        double scale = (double)length / newLength;
        for (int i = 0; i < newLength; i++)
        {
            double start = i * scale, end = Math.Min(length, (i + 1) * scale);
            int first = (int)start, last = Math.Min(length, (int)Math.Ceiling(end - 1e-9));
            plan[i] = new Cover(first, last - first, weights.Count);
            for (int k = first; k < last; k++)
            {
                weights.Add((float)((Math.Min(end, k + 1) - Math.Max(start, k)) / (end - start)));
            }
        }

        return plan;
    }

    private readonly record struct Cover(int First, int Count, int Weights);
}
