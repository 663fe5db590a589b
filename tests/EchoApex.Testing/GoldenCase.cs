using System.Text;
using System.Text.Json;
using EchoApex.Core.Arrays;
using static TorchSharp.torch;

namespace EchoApex.Testing;

/// <summary>
/// One reference case of tests/golden: case.json with its arrays, and the integer-hash formula that fills weights and inputs.
/// </summary>
public sealed class GoldenCase
{
    private readonly string _folder;

    private GoldenCase(string folder)
    {
        _folder = folder;
        Json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
    }

    /// <summary>The whole of case.json.</summary>
    public JsonElement Json { get; }

    public static GoldenCase Load(string name) => new(Path.Combine(Repository.Golden, name));

    /// <summary>Fills values by the formula of manifest.json: bit-exact in every language.</summary>
    public static float[] Fill(string name, long count, double scale, double offset)
    {
        uint hash = 2166136261;
        foreach (byte value in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ value) * 16777619;
        }

        float[] values = new float[count];
        for (long i = 0; i < count; i++)
        {
            uint x = unchecked(hash + ((uint)i * 0x9E3779B9));
            x ^= x >> 16;
            x *= 0x7FEB352D;
            x ^= x >> 15;
            x *= 0x846CA68B;
            x ^= x >> 16;
            float unit = ((int)(x >> 8) - 8388608) * (1f / 8388608f);
            float scaled = unit * (float)scale;
            values[i] = scaled + (float)offset;
        }

        return values;
    }

    /// <summary>A tensor filled by the formula.</summary>
    public static Tensor FillTensor(string name, long[] shape, double scale, double offset)
    {
        using var flat = tensor(Fill(name, shape.Aggregate(1L, (a, b) => a * b), scale, offset));
        return flat.reshape(shape);
    }

    /// <summary>Reads a float32 array of the case as a tensor.</summary>
    public Tensor ReadTensor(string file)
    {
        var array = NumpyFile.Read<float>(Path.Combine(_folder, file));
        using var flat = tensor(array.Values);
        return flat.reshape([.. array.Shape]);
    }

    /// <summary>Reads an array of the case.</summary>
    public NumpyArray<T> Read<T>(string file)
        where T : unmanaged => NumpyFile.Read<T>(Path.Combine(_folder, file));

    /// <summary>
    /// Compares element by element with |a - b| &lt;= atol + rtol |b| and returns the worst |a - b| / tolerance.
    /// Fails the test when it is above 1.
    /// </summary>
    public static double AssertClose(Tensor actual, Tensor expected, double atol, string what, double rtol = 1e-6)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape), $"{what}: shape");
        if (expected.numel() == 0)
        {
            return 0;
        }

        using var a = actual.detach().to(float64).cpu();
        using var b = expected.detach().to(float64).cpu();
        using var difference = (a - b).abs();
        using var magnitude = b.abs();
        using var tolerance = magnitude * rtol + atol;
        using var ratios = difference / tolerance;
        using var maximum = ratios.max();
        double worst = maximum.item<double>();
        TestContext.Out.WriteLine($"{what}: worst |diff|/tolerance {worst:0.0000}");
        Assert.That(worst, Is.LessThanOrEqualTo(1.0), $"{what}: worst |diff|/tolerance");
        return worst;
    }
}
