using System.Reflection;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Tests.SelfDistillation;

[NoTensorLeaks]
public sealed class MultiCropTests
{
    // Everything is on, so that each option can show an effect.
    private static readonly MultiCropOptions Base = new()
    {
        Global = new CropOptions { Size = 32, BlurProbability = [1, 1], SolarizeProbability = [1] },
        Local = new CropOptions { Count = 3, Size = 16, Area = new(0.1, 0.4), BlurProbability = [1], MinimumTissueShare = 0.3 },
        RotationDegrees = 10,
        LogGamma = 0.3,
        LogContrast = 0.3,
        Offset = 0.1,
        Ramp = 0.2,
        DepthGain = 10,
        Noise = 0.1,
        Speckle = 0.1,
        FlipProbability = 0.5,
        BlurSigma = new(0.8, 1.2),
    };

    // The same for the references' arithmetic, which lacks the steps for ultrasound.
    private static readonly MultiCropOptions Reference = Base with
    {
        Arithmetic = AugmentationArithmetic.Reference,
        RotationDegrees = 0,
        LogGamma = 0,
        LogContrast = 0,
        Offset = 0,
        Ramp = 0,
        DepthGain = 0,
        Noise = 0,
        Speckle = 0,
    };

    private static readonly HashSet<string> ColorOptions = [nameof(MultiCropOptions.Saturation), nameof(MultiCropOptions.Hue), nameof(MultiCropOptions.GrayscaleProbability)];

    private static readonly Dictionary<string, object> Changes = new()
    {
        [nameof(MultiCropOptions.Arithmetic)] = AugmentationArithmetic.Sector,
        [nameof(MultiCropOptions.Saturation)] = 0.6,
        [nameof(MultiCropOptions.Hue)] = 0.4,
        [nameof(MultiCropOptions.GrayscaleProbability)] = 0.9,
        [nameof(MultiCropOptions.TissueLevel)] = 140,
        [nameof(MultiCropOptions.DepthGain)] = 20.0,
        [nameof(MultiCropOptions.DynamicRange)] = 40.0,
        [nameof(MultiCropOptions.InvertBlurProbability)] = true,
        [nameof(MultiCropOptions.Global)] = Base.Global with { Area = new(0.9, 1) },
        [nameof(MultiCropOptions.Local)] = Base.Local with { Area = new(0.9, 1) },
        [nameof(MultiCropOptions.TwoFrames)] = true,
        [nameof(MultiCropOptions.CentersInSector)] = true,
        [nameof(MultiCropOptions.Interpolation)] = Interpolation.Bilinear,
        [nameof(MultiCropOptions.FlipProbability)] = 1.0,
        [nameof(MultiCropOptions.RotationDegrees)] = 20.0,
        [nameof(MultiCropOptions.JitterProbability)] = 0.0,
        [nameof(MultiCropOptions.Brightness)] = 0.1,
        [nameof(MultiCropOptions.Contrast)] = 0.1,
        [nameof(MultiCropOptions.LogGamma)] = 0.6,
        [nameof(MultiCropOptions.LogContrast)] = 0.6,
        [nameof(MultiCropOptions.Offset)] = 0.2,
        [nameof(MultiCropOptions.Ramp)] = 0.3,
        [nameof(MultiCropOptions.Noise)] = 0.2,
        [nameof(MultiCropOptions.Speckle)] = 0.2,
        [nameof(MultiCropOptions.BlurSigma)] = new ValueRange(2, 3),
        [nameof(MultiCropOptions.BlurKernel)] = 3,
        [nameof(MultiCropOptions.Normalization)] = Normalization.Image,
        [nameof(MultiCropOptions.Mean)] = new double[] { 0.4, 0.4, 0.4 },
        [nameof(MultiCropOptions.Std)] = new double[] { 0.3, 0.3, 0.3 },
    };

    private static readonly Dictionary<string, object> CropChanges = new()
    {
        [nameof(CropOptions.Count)] = 4,
        [nameof(CropOptions.Size)] = 24,
        [nameof(CropOptions.Area)] = new ValueRange(0.7, 0.9),
        [nameof(CropOptions.AspectRatio)] = new ValueRange(1, 1),
        [nameof(CropOptions.MinimumSectorShare)] = 0.9,
        [nameof(CropOptions.MinimumTissueShare)] = 0.6,
        [nameof(CropOptions.BlurProbability)] = new double[] { 0 },
        [nameof(CropOptions.SolarizeProbability)] = new double[] { 0.5, 0.5 },
    };

    private static IEnumerable<string> OptionNames => Names(typeof(MultiCropOptions));

    private static IEnumerable<string> CropOptionNames => Names(typeof(CropOptions));

    [TestCaseSource(nameof(OptionNames))]
    public void WriteViews_AnyOptionChanged_ChangesTheBatch(string option)
    {
        var options = option == nameof(MultiCropOptions.Arithmetic) || ColorOptions.Contains(option) ? Reference : Base;
        Func<MultiCropOptions, float[]> render = ColorOptions.Contains(option) ? RenderColor : Render;
        Assert.That(render(Change(options, option, Changes)), Is.Not.EqualTo(render(options)));
    }

    [TestCaseSource(nameof(CropOptionNames))]
    public void WriteViews_AnyCropOptionChanged_ChangesTheBatch(string option)
    {
        var reference = Render(Base);
        Assert.That(Render(Base with { Global = Change(Base.Global, option, CropChanges) }), Is.Not.EqualTo(reference), "global");
        var local = option == nameof(CropOptions.SolarizeProbability) ? Base.Local with { SolarizeProbability = [1] } : Change(Base.Local, option, CropChanges);
        Assert.That(Render(Base with { Local = local }), Is.Not.EqualTo(reference), "local");
    }

    [Test]
    public void WriteViews_SameRandomNumbers_GiveTheSameViews() =>
        Assert.That(Render(Base), Is.EqualTo(Render(Base)));

    [Test]
    public void WriteViews_ImageNormalization_StandardizesTheSectorAndLeavesZeroOutside()
    {
        var options = SmallScale();
        var batch = new MultiCropBatch(options, 2);
        new MultiCrop(options).WriteViews(TestImages.Sector(), TestImages.Sector(seed: 2), new RandomStream(3), batch, 1);
        foreach (float[] view in new[] { batch.GlobalView(0, 1).ToArray(), batch.GlobalView(1, 1).ToArray(), batch.LocalView(3, 1).ToArray() })
        {
            float[] inside = [.. view.Where(v => v != 0)];
            double mean = inside.Average(v => (double)v);
            Assert.That(mean, Is.EqualTo(0).Within(1e-3));
            Assert.That(inside.Average(v => (v - mean) * (v - mean)), Is.EqualTo(1).Within(1e-2));
        }

        Assert.That(batch.GlobalView(0, 1).ToArray().Count(v => v == 0), Is.GreaterThan(48 * 48 / 20), "outside the sector");
        Assert.That(batch.GlobalView(0, 0).ToArray(), Has.All.Zero, "the other slot is untouched");
    }

    [Test]
    public void WriteView_NothingRandom_IsTheScaledPicture()
    {
        var options = new MultiCropOptions
        {
            Global = new CropOptions { Size = 40, Area = new(1, 1), AspectRatio = new(1, 1) },
            Local = new CropOptions { Count = 0 },
            JitterProbability = 0,
        };
        var image = TestImages.Of(40, 40, (y, x) => (y + x) * 3);
        float[] view = new float[1600];
        new MultiCrop(options).WriteView(image, isGlobal: true, 0, new RandomStream(1), view);
        Assert.That(view, Is.EqualTo(image.Pixels.ToArray().Select(v => v / 255f)));
    }

    [Test]
    public void WriteView_Brightness_ScalesWithinItsRange()
    {
        var options = new MultiCropOptions { Global = new CropOptions { Size = 8, Area = new(1, 1), AspectRatio = new(1, 1) }, JitterProbability = 1, Contrast = 0, Brightness = 0.4 };
        var augmentation = new MultiCrop(options);
        var image = TestImages.Of(8, 8, (_, _) => 100);
        var random = new RandomStream(1);
        float[] factors = [.. Enumerable.Range(0, 500).Select(_ =>
        {
            float[] view = new float[64];
            augmentation.WriteView(image, true, 0, random, view);
            return view[0] / (100 / 255f);
        })];
        Assert.That(factors, Has.All.InRange(0.599f, 1.401f));
        Assert.That(factors.Min(), Is.LessThan(0.62f));
        Assert.That(factors.Max(), Is.GreaterThan(1.38f));
    }

    [Test]
    public void WriteViews_TwoFrames_OddViewsComeFromTheSecond()
    {
        var options = Base with { TwoFrames = true, Noise = 0, Speckle = 0 };
        var batch = new MultiCropBatch(options, 1);
        new MultiCrop(options).WriteViews(TestImages.Of(50, 50, (_, _) => 0), TestImages.Of(50, 50, (_, _) => 128), new RandomStream(1), batch, 0);
        Assert.That(batch.GlobalView(0, 0).ToArray(), Has.All.Zero);
        Assert.That(batch.GlobalView(1, 0).ToArray().Max(), Is.GreaterThan(0));
        Assert.That(batch.LocalView(2, 0).ToArray(), Has.All.Zero);
        Assert.That(batch.LocalView(1, 0).ToArray().Max(), Is.GreaterThan(0));
    }

    [Test]
    public void GlobalsToTensor_Batch_IsCropMajorWithThreeNormalisedChannels()
    {
        var options = Base with { Mean = [0, 0.5, 1], Std = [1, 0.5, 2] };
        var batch = new MultiCropBatch(options, 3);
        batch.GlobalView(1, 2)[5] = 0.75f;
        using var globals = batch.GlobalsToTensor();
        using var locals = batch.LocalsToTensor()!;
        Assert.That(globals.shape, Is.EqualTo(new long[] { 6, 3, 32, 32 }));
        Assert.That(locals.shape, Is.EqualTo(new long[] { 9, 3, 16, 16 }));
        using var pixel = globals[5, .., 0, 5];
        Assert.That(pixel.data<float>().ToArray(), Is.EqualTo(new[] { 0.75f, 0.5f, -0.125f }));
    }

    [Test]
    public void Options_Defaults_AreThoseOfDinoV1WithoutFlip()
    {
        var options = new MultiCropOptions();
        Assert.Multiple(() =>
        {
            Assert.That((options.Global.Count, options.Global.Size, options.Global.Area), Is.EqualTo((2, 224, new ValueRange(0.4, 1))));
            Assert.That((options.Local.Count, options.Local.Size, options.Local.Area), Is.EqualTo((8, 96, new ValueRange(0.05, 0.4))));
            Assert.That(options.Global.BlurProbability, Is.EqualTo(new[] { 1, 0.1 }));
            Assert.That(options.Local.BlurProbability, Is.EqualTo(new[] { 0.5 }));
            Assert.That(options.Global.SolarizeProbability, Is.EqualTo(new[] { 0, 0.2 }));
            Assert.That((options.JitterProbability, options.Brightness, options.Contrast), Is.EqualTo((0.8, 0.4, 0.4)));
            Assert.That(options.BlurSigma, Is.EqualTo(new ValueRange(0.1, 2)));
            Assert.That(options.FlipProbability, Is.Zero);
        });
    }

    [Test]
    public void Constructor_BadOptions_AreAllNamed()
    {
        var error = Assert.Throws<ConfigurationException>(() => _ = new MultiCrop(new MultiCropOptions { Noise = 2, Local = new CropOptions { BlurProbability = [] } }))!;
        Assert.That(error.Faults, Has.Count.EqualTo(2));
        Assert.That(() => new MultiCrop(new MultiCropOptions { BlurKernel = 4 }), Throws.TypeOf<ConfigurationException>());
        Assert.That(() => new MultiCrop(new MultiCropOptions { TissueLevel = 0 }), Throws.TypeOf<ConfigurationException>());
        Assert.That(() => new MultiCrop(new MultiCropOptions { DepthGain = -1 }), Throws.TypeOf<ConfigurationException>());
        Assert.That(() => new MultiCrop(new MultiCropOptions { Global = new CropOptions { Count = 1 } }), Throws.TypeOf<ConfigurationException>());
    }

    [Test]
    public void Constructor_ReferenceArithmeticWithStepsItLacks_NamesThemAll()
    {
        var options = Base with { Arithmetic = AugmentationArithmetic.Reference, Interpolation = Interpolation.Area, Normalization = Normalization.Image };
        var error = Assert.Throws<ConfigurationException>(() => _ = new MultiCrop(options))!;
        string[] named = ["rotation_degrees", "log_gamma", "log_contrast", "offset", "ramp", "depth_gain", "noise", "speckle", "interpolation", "normalization"];
        Assert.That(error.Faults, Has.Count.EqualTo(named.Length));
        Assert.That(named, Has.All.Matches<string>(name => error.Faults.Any(fault => fault.StartsWith(name + ":", StringComparison.Ordinal))));
        Assert.That(() => new MultiCrop(Reference with { BlurKernel = 31, Local = Reference.Local with { Size = 8 } }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("blur_kernel"));
    }

    private static MultiCropOptions SmallScale() => new()
    {
        Global = new CropOptions { Size = 48, Area = new(0.6, 1), BlurProbability = [0.8] },
        Local = new CropOptions { Count = 4, Size = 24, Area = new(0.2, 0.55), BlurProbability = [0.8] },
        TwoFrames = true,
        CentersInSector = true,
        RotationDegrees = 10,
        JitterProbability = 0,
        LogGamma = 0.45,
        LogContrast = 0.45,
        Offset = 0.18,
        Ramp = 0.3,
        Noise = 0.2,
        BlurKernel = 3,
        Normalization = Normalization.Image,
    };

    private static IEnumerable<string> Names(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is not null).Select(p => p.Name);

    private static T Change<T>(T options, string option, Dictionary<string, object> changes)
        where T : class
    {
        Assert.That(changes, Contains.Key(option), "a new option needs a test of its effect");
        var copy = (T)typeof(T).GetMethod("<Clone>$")!.Invoke(options, null)!;
        typeof(T).GetProperty(option)!.SetValue(copy, changes[option]);
        return copy;
    }

    private static float[] Render(MultiCropOptions options)
    {
        var batch = new MultiCropBatch(options, 6);
        var augmentation = new MultiCrop(options);
        for (int slot = 0; slot < batch.Size; slot++)
        {
            augmentation.WriteViews(TestImages.Sector(), TestImages.Sector(seed: 5), RandomStream.For(4, "augmentation", slot), batch, slot);
        }

        using var globals = batch.GlobalsToTensor();
        using var locals = batch.LocalsToTensor()!;
        return [.. globals.data<float>().ToArray(), .. locals.data<float>().ToArray()];
    }

    private static float[] RenderColor(MultiCropOptions options)
    {
        var random = new RandomStream(8);
        byte[] picture = [.. Enumerable.Range(0, 40 * 50 * 3).Select(_ => (byte)random.NextInt32(256))];
        float[] view = new float[3 * 32 * 32];
        var augmentation = new MultiCrop(options with { Local = options.Local with { MinimumTissueShare = 0 } });
        return [.. Enumerable.Range(0, 8).SelectMany(i =>
        {
            augmentation.WriteColorView(picture, 40, 50, isGlobal: true, 0, RandomStream.For(4, "augmentation", i), view);
            return view.ToArray();
        })];
    }
}
