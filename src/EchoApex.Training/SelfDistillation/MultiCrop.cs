using System.Buffers;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Augmentation;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Makes the global and local views of a sample (Caron et al. 2021, section 3.1; main_dino.py, DataAugmentationDINO) from
/// 8-bit gray pictures, single-channel to the end; or from colour pictures, with the references' arithmetic.
/// </summary>
/// <remarks>Thread safety: an instance holds no state beyond its options and may be used from several threads.</remarks>
public sealed class MultiCrop
{
    private readonly MultiCropOptions _options;
    private readonly float[] _mean;
    private readonly float[] _std;

    /// <summary>Creates the augmentation.</summary>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public MultiCrop(MultiCropOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "augmentation");
        _options = options;
        _mean = [.. options.Mean.Select(value => (float)value)];
        _std = [.. options.Std.Select(value => (float)value)];
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
    /// <param name="view">
    /// Size x size values: gray 0 to 1 for <c>channel</c>, standardised over the sector for <c>image</c>; 0 outside the sector,
    /// except with <see cref="AugmentationArithmetic.Reference"/>, whose contrast and solarization change the surround too.
    /// </param>
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
            var box = CropBox.Draw(image, kind.Area, kind.AspectRatio, Demands(kind), random);
            if (_options.Arithmetic == AugmentationArithmetic.Reference)
            {
                MakeReferenceCrop(image.Pixels.Span, image.Height, image.Width, 1, box, kind, number, random, crop);
                ChannelNormalizer.ToPlanes(crop, kind.Size, kind.Size, [0f], [1f], view);
            }
            else
            {
                WriteSectorView(image, box, kind, number, random, crop, view);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Writes one view of a colour picture as the references do; needs <see cref="AugmentationArithmetic.Reference"/>. A gray
    /// picture in three equal channels gives what <see cref="WriteView"/> gives for one channel and the same random numbers.
    /// </summary>
    /// <param name="pixels">height x width x 3 bytes: red, green, blue.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="isGlobal">A global or a local view.</param>
    /// <param name="number">The view's number among those of its kind; it selects the blur and solarize probabilities.</param>
    /// <param name="random">Random numbers; the view depends on them and on nothing else.</param>
    /// <param name="view">3 x size x size values, normalised by <see cref="MultiCropOptions.Mean"/> and <see cref="MultiCropOptions.Std"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the sizes.</exception>
    /// <exception cref="ConfigurationException">The options ask for what a colour picture without a sector cannot have.</exception>
    public void WriteColorView(ReadOnlySpan<byte> pixels, int height, int width, bool isGlobal, int number, RandomStream random, Span<float> view)
    {
        ArgumentNullException.ThrowIfNull(random);
        var kind = isGlobal ? _options.Global : _options.Local;
        if (_options.Arithmetic != AugmentationArithmetic.Reference)
        {
            throw new ConfigurationException("augmentation.arithmetic", "is sector, but a colour picture has no sector mask; set it to reference.");
        }

        if (Demands(kind).Any)
        {
            throw new ConfigurationException("augmentation", "centers_in_sector, minimum_sector_share or minimum_tissue_share is set, but a colour picture has no sector mask; set them to false and 0.");
        }

        int length = kind.Size * kind.Size * 3;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var crop = buffer.AsSpan(0, length);
            var box = CropBox.Draw(new SectorImage(default, height, width), kind.Area, kind.AspectRatio, demands: default, random);
            MakeReferenceCrop(pixels, height, width, 3, box, kind, number, random, crop);
            ChannelNormalizer.ToPlanes(crop, kind.Size, kind.Size, _mean, _std, view);
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

    private void WriteSectorView(SectorImage image, CropBox box, CropOptions kind, int number, RandomStream random, Span<byte> crop, Span<float> view)
    {
        double degrees = _options.RotationDegrees > 0 ? random.Uniform(-_options.RotationDegrees, _options.RotationDegrees) : 0;
        CropResampler.Resample(image, box, degrees, _options.Interpolation, kind.Size, crop);
        bool flipped = random.NextBoolean(_options.FlipProbability);
        if (flipped)
        {
            FlipRows(crop, kind.Size, 1);
        }

        var depth = _options.DepthGain > 0 ? new DepthMap(image, box, degrees, flipped, kind.Size) : default;
        IntensityAugmentation.Apply(crop, kind.Size, depth, _options, BlurProbability(kind, number), Of(kind.SolarizeProbability, number), random, view);
        if (_options.Normalization == Normalization.Image)
        {
            Standardize(crop, view);
        }
    }

    private void MakeReferenceCrop(ReadOnlySpan<byte> pixels, int height, int width, int channels, CropBox box, CropOptions kind, int number, RandomStream random, Span<byte> crop)
    {
        BicubicResampler.ResizedCrop(pixels, height, width, channels, box.Y, box.X, box.Height, box.Width, crop, kind.Size, kind.Size);
        if (random.NextBoolean(_options.FlipProbability))
        {
            FlipRows(crop, kind.Size, channels);
        }

        ReferenceAugmentation.Apply(crop, kind.Size, channels, _options, BlurProbability(kind, number), Of(kind.SolarizeProbability, number), random);
    }

    private SectorDemands Demands(CropOptions kind) =>
        new(_options.CentersInSector, kind.MinimumSectorShare, kind.MinimumTissueShare, (byte)_options.TissueLevel);

    private double BlurProbability(CropOptions kind, int number)
    {
        double probability = Of(kind.BlurProbability, number);
        return _options.InvertBlurProbability ? 1 - probability : probability;
    }

    private static double Of(IReadOnlyList<double> probabilities, int number) => probabilities[Math.Min(number, probabilities.Count - 1)];

    private static void FlipRows(Span<byte> crop, int side, int channels)
    {
        int length = side * channels;
        for (int y = 0; y < side; y++)
        {
            var row = crop.Slice(y * length, length);
            row.Reverse();
            for (int x = 0; channels > 1 && x < length; x += channels)
            {
                row.Slice(x, channels).Reverse();
            }
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
