using System.Buffers;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Makes the global and local views of a sample (Caron et al. 2021, section 3.1; main_dino.py, DataAugmentationDINO) from
/// 8-bit gray pictures, single-channel to the end.
/// </summary>
/// <remarks>Thread safety: an instance holds no state beyond its options and may be used from several threads.</remarks>
public sealed class MultiCrop
{
    private readonly MultiCropOptions _options;

    /// <summary>Creates the augmentation.</summary>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public MultiCrop(MultiCropOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "augmentation");
        _options = options;
    }

    /// <summary>The options.</summary>
    public MultiCropOptions Options => _options;

    /// <summary>
    /// Writes one view.
    /// </summary>
    /// <param name="image">The source picture.</param>
    /// <param name="isGlobal">A global or a local view.</param>
    /// <param name="number">The view's number among those of its kind; it selects the blur and solarize probabilities.</param>
    /// <param name="random">Random numbers; the view depends on them and on nothing else.</param>
    /// <param name="view">Size x size values: gray 0 to 1 for <c>channel</c>, standardised over the sector for <c>image</c>; 0 outside the sector.</param>
    public void WriteView(SectorImage image, bool isGlobal, int number, RandomStream random, Span<float> view)
    {
        ArgumentNullException.ThrowIfNull(random);
        var kind = isGlobal ? _options.Global : _options.Local;
        int length = kind.Size * kind.Size;
        view = view[..length];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var crop = buffer.AsSpan(0, length);
            var box = CropBox.Draw(image, kind.Area, kind.AspectRatio, _options.CentersInSector, random);
            double degrees = _options.RotationDegrees > 0 ? random.Uniform(-_options.RotationDegrees, _options.RotationDegrees) : 0;
            CropResampler.Resample(image, box, degrees, _options.Interpolation, kind.Size, crop);
            if (random.NextBoolean(_options.FlipProbability))
            {
                FlipRows(crop, kind.Size);
            }

            IntensityAugmentation.Apply(crop, kind.Size, _options, Of(kind.BlurProbability, number), Of(kind.SolarizeProbability, number), random, view);
            if (_options.Normalization == Normalization.Image)
            {
                Standardize(crop, view);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes all views of one sample into its slot of a batch.</summary>
    /// <param name="first">The source picture.</param>
    /// <param name="second">Another frame of the clip; with <see cref="MultiCropOptions.TwoFrames"/> odd views come from it.</param>
    /// <param name="random">The sample's own random numbers.</param>
    /// <param name="batch">The batch, made for the same options.</param>
    /// <param name="slot">Zero-based place of the sample in the batch.</param>
    public void WriteViews(SectorImage first, SectorImage second, RandomStream random, MultiCropBatch batch, int slot)
    {
        ArgumentNullException.ThrowIfNull(batch);
        second = _options.TwoFrames ? second : first;
        for (int i = 0; i < _options.Global.Count; i++)
        {
            WriteView(i % 2 == 0 ? first : second, isGlobal: true, i, random, batch.GlobalView(i, slot));
        }

        for (int i = 0; i < _options.Local.Count; i++)
        {
            WriteView(i % 2 == 0 ? first : second, isGlobal: false, i, random, batch.LocalView(i, slot));
        }
    }

    private static double Of(IReadOnlyList<double> probabilities, int number) => probabilities[Math.Min(number, probabilities.Count - 1)];

    private static void FlipRows(Span<byte> crop, int side)
    {
        for (int y = 0; y < side; y++)
        {
            crop.Slice(y * side, side).Reverse();
        }
    }

    private static void Standardize(ReadOnlySpan<byte> crop, Span<float> view)
    {
        (double sum, double squares, int count) = (0, 0, 0);
        for (int i = 0; i < view.Length; i++)
        {
            if (crop[i] > 0)
            {
                sum += view[i];
                squares += (double)view[i] * view[i];
                count++;
            }
        }

        if (count == 0)
        {
            return;
        }

        double mean = sum / count;
        double deviation = Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean)));
        (float shift, float scale) = ((float)mean, (float)(1 / Math.Max(deviation, 1e-6)));
        for (int i = 0; i < view.Length; i++)
        {
            view[i] = crop[i] > 0 ? (view[i] - shift) * scale : 0;
        }
    }
}
