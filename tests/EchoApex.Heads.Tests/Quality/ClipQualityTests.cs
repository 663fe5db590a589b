using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Heads.Quality;

namespace EchoApex.Heads.Tests.Quality;

public sealed class ClipQualityTests
{
    private static readonly EchoClip Clip = PhantomGenerator.Generate(new PhantomOptions { ImageSize = 96, Frames = 30, FramesPerSecond = 30 }, 4, 0).Clip;

    private static string[] Codes(EchoClip clip) => [.. new ClipQuality().Assess(clip).Select(finding => finding.Code)];

    private static EchoClip Changed(Func<byte[], int, byte[]> change, int frames = 30) =>
        new(new MemoryFrameStore([.. Enumerable.Range(0, frames).SelectMany(i => change(Clip.ReadFrame(i), i))], frames, Clip.Height, Clip.Width, 1), Clip.Origin)
        {
            FrameTimesMs = [.. Enumerable.Range(0, frames).Select(i => i * 1000.0 / 30)], Spacing = Clip.Spacing, Regions = Clip.Regions, HeartRateBpm = Clip.HeartRateBpm,
        };

    [Test]
    public void Assess_OfAGoodClip_FindsNothing() => Assert.That(Codes(Clip), Is.Empty);

    [TestCase(QualityCodes.GainLow, 0.15)]
    public void Assess_OfADarkClip_SaysSo(string code, double factor) =>
        Assert.That(Codes(Changed((pixels, _) => Array.ConvertAll(pixels, value => (byte)(value * factor)))), Does.Contain(code));

    [Test]
    public void Assess_OfABrightClip_NamesGainAndSaturation() =>
        Assert.That(Codes(Changed((pixels, _) => Array.ConvertAll(pixels, value => value == 0 ? value : (byte)Math.Min(255, value + 150)))), Does.Contain(QualityCodes.GainHigh).And.Contain(QualityCodes.Saturated));

    [Test]
    public void Assess_OfAClipThatStandsStill_SaysSo()
    {
        byte[] first = Clip.ReadFrame(0);
        Assert.That(Codes(Changed((_, _) => first)), Does.Contain(QualityCodes.NoMotion));
    }

    [Test]
    public void Assess_OfAProbeThatSlides_SaysSo() =>
        Assert.That(Codes(Changed((pixels, i) => Shifted(pixels, i * 20 / 30))), Does.Contain(QualityCodes.ProbeMotion));

    [Test]
    public void Assess_OfShortSlowOrTimelessClips_NamesEach()
    {
        Assert.That(Codes(Changed((pixels, _) => pixels, 8)), Does.Contain(QualityCodes.ShorterThanBeat).And.Not.Contain(QualityCodes.TooFewFrames));
        Assert.That(new ClipQuality().Assess(Changed((pixels, _) => pixels, 5))[0], Has.Property("Code").EqualTo(QualityCodes.TooFewFrames).And.Property("Severity").EqualTo(QualitySeverity.Unusable));
        Assert.That(Codes(new EchoClip(new MemoryFrameStore([.. Enumerable.Range(0, 20).SelectMany(Clip.ReadFrame)], 20, 96, 96, 1), Clip.Origin) { Spacing = Clip.Spacing, FrameTimesMs = [.. Enumerable.Range(0, 20).Select(i => i * 100.0)] }), Does.Contain(QualityCodes.FrameRateLow));
        Assert.That(Codes(new EchoClip(new MemoryFrameStore([.. Enumerable.Range(0, 20).SelectMany(Clip.ReadFrame)], 20, 96, 96, 1), Clip.Origin)), Does.Contain(QualityCodes.FrameRateUnknown).And.Contain(QualityCodes.NoSpacing));
    }

    [Test]
    public void Assess_OfAStillImage_IsUnusableFirst()
    {
        var finding = new ClipQuality().Assess(Changed((pixels, _) => pixels, 1))[0];
        Assert.That((finding.Code, finding.Severity), Is.EqualTo((QualityCodes.SingleFrame, QualitySeverity.Unusable)));
    }

    [Test]
    public void Assess_OfABlackClip_HasNoSector() => Assert.That(Codes(Changed((pixels, _) => new byte[pixels.Length])), Does.Contain(QualityCodes.NoSector));

    [Test]
    public void Codes_AreAllListed()
    {
        var constants = typeof(QualityCodes).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);
        Assert.That(QualityCodes.All, Is.EquivalentTo(constants));
    }

    private static byte[] Shifted(byte[] pixels, int columns)
    {
        byte[] result = new byte[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = (i % 96) + columns;
            result[i] = x < 96 ? pixels[i + columns] : (byte)0;
        }

        return result;
    }
}
