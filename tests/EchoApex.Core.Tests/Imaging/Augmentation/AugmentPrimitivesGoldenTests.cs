using System.Globalization;
using System.Text.Json;
using EchoApex.Core.Imaging.Augmentation;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Imaging.Augmentation;

/// <summary>
/// Every array of the case is one test; an array without a comparison fails. Arrays named pil must be equal to the bit,
/// but for a level in the kernel blur, whose float sums the reference takes in another order. Arrays named tensor come
/// from the reference's float pipeline, which the library does not follow; they bound how far the two lie apart.
/// </summary>
public sealed class AugmentPrimitivesGoldenTests
{
    private const int Height = 40;
    private const int Width = 60;

    // How far the case's own two arrays of one hue shift lie apart: 8 bits of hue against 24.
    private const int FloatHueDistance = 10;

    private static readonly GoldenCase _case = GoldenCase.Load("augment_primitives");

    private static byte[] Picture => _case.Read<byte>("img_hwc.npy").Values;

    public static IEnumerable<string> Outputs() =>
        from array in _case.Json.GetProperty("arrays").EnumerateArray()
        where array.GetProperty("role").GetString() == "output"
        select array.GetProperty("name").GetString();

    [TestCaseSource(nameof(Outputs))]
    public void Primitive_GoldenArray_IsReproduced(string name)
    {
        string[] parts = name.Split('_');
        switch (parts[0])
        {
            case "resized" when parts[^1] == "chw":
                AssertFloats(name, ResizeInFloat(parts[2]));
                break;
            case "resized" when parts[^1] == "pil":
                AssertBytes(name, Resize(parts[2]), 0);
                break;
            case "resized":
                AssertBytes(name, [.. ToBytes(ResizeInFloat(parts[2]))], 0);
                break;
            case "brightness":
                AssertBytes(name, Run(to => ColorAdjustments.Brightness(Picture, Number(parts[1]), to)), 0);
                break;
            case "contrast":
                AssertBytes(name, Run(to => ColorAdjustments.Contrast(Picture, 3, Number(parts[1]), to)), parts[2] == "pil" ? 0 : 1);
                break;
            case "saturation":
                AssertBytes(name, Run(to => ColorAdjustments.Saturation(Picture, 3, Number(parts[1]), to)), parts[2] == "pil" ? 0 : 1);
                break;
            case "hue":
                AssertBytes(name, Run(to => HueShift.Apply(Picture, 3, Number(parts[1]), to)), parts[2] == "pil" ? 0 : FloatHueDistance);
                break;
            case "gray3":
                AssertBytes(name, Run(to => ColorAdjustments.Grayscale(Picture, 3, to)), parts[1] == "pil" ? 0 : 1);
                break;
            case "solarize128":
                AssertBytes(name, Run(to => ColorAdjustments.Solarize(Picture, to)), 0);
                break;
            case "v1":
                AssertBytes(name, Run(to => BoxGaussianBlur.Apply(Picture, Height, Width, 3, Number(parts[3]["radius".Length..]), to)), 0);
                break;
            case "v2" when parts[1] == "kernel1d":
                float[] kernel = new float[9];
                KernelGaussianBlur.FillKernel(kernel, Number(parts[2][1..]));
                AssertFloats(name, kernel);
                break;
            case "v2":
                AssertBytes(name, Run(to => KernelGaussianBlur.Apply(Picture, Height, Width, 3, 9, Number(parts[4][1..]), to)), 1);
                break;
            case "totensor":
                float[] planes = new float[3 * Height * Width];
                ChannelNormalizer.ToPlanes(Picture, Height, Width, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], planes);
                AssertFloats(name, planes);
                break;
            default:
                Assert.Fail($"{name} is compared with nothing.");
                break;
        }
    }

    [Test]
    public void Outputs_OfTheCase_AreAllThere() => Assert.That(Outputs().Count(), Is.EqualTo(39));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static byte[] Run(Action<byte[]> primitive)
    {
        byte[] result = new byte[Height * Width * 3];
        primitive(result);
        return result;
    }

    private static (int Top, int Left, int Height, int Width, int Side) Box(string kind)
    {
        var box = _case.Json.GetProperty("scalars").GetProperty($"resized_crop_{kind}");
        return (box.GetProperty("top").GetInt32(), box.GetProperty("left").GetInt32(), box.GetProperty("height").GetInt32(), box.GetProperty("width").GetInt32(), box.GetProperty("out")[0].GetInt32());
    }

    private static byte[] Resize(string kind)
    {
        var (top, left, height, width, side) = Box(kind);
        byte[] result = new byte[side * side * 3];
        BicubicResampler.ResizedCrop(Picture, Height, Width, 3, top, left, height, width, result, side, side);
        return result;
    }

    // The same weights without rounding: what the fixed-point passes approximate.
    private static float[] ResizeInFloat(string kind)
    {
        var (top, left, height, width, side) = Box(kind);
        byte[] picture = Picture;
        using var columns = ResampleWeights.Create(width, side);
        using var rows = ResampleWeights.Create(height, side);
        float[] result = new float[3 * side * side];
        for (int i = 0; i < result.Length; i++)
        {
            (int channel, int y, int x) = (i / (side * side), i / side % side, i % side);
            double sum = 0;
            for (int k = 0; k < rows.Count[y]; k++)
            {
                for (int j = 0; j < columns.Count[x]; j++)
                {
                    int at = ((((top + rows.First[y] + k) * Width) + left + columns.First[x] + j) * 3) + channel;
                    sum += rows.Values[(y * rows.Taps) + k] * columns.Values[(x * columns.Taps) + j] * picture[at];
                }
            }

            result[i] = (float)sum;
        }

        return result;
    }

    // Planes of floats to interleaved bytes.
    private static IEnumerable<byte> ToBytes(float[] planes)
    {
        int pixels = planes.Length / 3;
        return Enumerable.Range(0, planes.Length).Select(i => (byte)Math.Clamp(MathF.Round(planes[(i % 3 * pixels) + (i / 3)]), 0, 255));
    }

    private static void AssertBytes(string name, byte[] actual, int tolerance)
    {
        byte[] expected = _case.Read<byte>($"{name}.npy").Values;
        Assert.That(actual, Has.Length.EqualTo(expected.Length), name);
        int[] differences = [.. actual.Zip(expected, (a, b) => Math.Abs(a - b))];
        string what = $"{name}: worst difference {differences.Max()}, values that differ {differences.Count(d => d > 0)} of {differences.Length}";
        TestContext.Out.WriteLine(what);
        Assert.That(differences.Max(), Is.LessThanOrEqualTo(tolerance), what);
    }

    private static void AssertFloats(string name, float[] actual)
    {
        JsonElement array = _case.Json.GetProperty("arrays").EnumerateArray().Single(a => a.GetProperty("name").GetString() == name);
        float[] expected = _case.Read<float>($"{name}.npy").Values;
        Assert.That(actual, Has.Length.EqualTo(expected.Length), name);
        double worst = actual.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max();
        TestContext.Out.WriteLine($"{name}: worst difference {worst:g3}");
        Assert.That(worst, Is.LessThanOrEqualTo(array.GetProperty("atol").GetDouble()), name);
    }
}
