using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Tests.EjectionFraction;

public sealed class SimpsonVolumeTests
{
    private static readonly PixelSpacing Fine = new(0.7, 0.7);

    // Half axes 42 and 24 mm: the largest cut of a prolate ellipsoid.
    private const double EllipsoidMl = 4.0 / 3 * Math.PI * 42 * 24 * 24 / 1000;

    // A half ellipsoid of 45 mm and a cylinder of 35 mm, both with a radius of 22 mm.
    private const double BulletMl = ((2.0 / 3 * 45) + 35) * Math.PI * 22 * 22 / 1000;

    [TestCase(0)]
    [TestCase(25)]
    [TestCase(-60)]
    [TestCase(180)]
    public void SinglePlane_EllipsoidTurned_IsWithinTwoPercent(double degrees) =>
        Assert.That(SimpsonVolume.SinglePlaneMl(LvTrace.FromMask(Draw(Ellipse, degrees, Fine), 1, Fine)), Is.EqualTo(EllipsoidMl).Within(2).Percent);

    [TestCase(0)]
    [TestCase(20)]
    [TestCase(-35)]
    [TestCase(90)]
    [TestCase(180)]
    public void SinglePlane_BulletTurned_IsWithinTwoPercentWithApexAtItsTip(double degrees)
    {
        var trace = LvTrace.FromMask(Draw(Bullet, degrees, Fine), 1, Fine);
        Assert.That(SimpsonVolume.SinglePlaneMl(trace), Is.EqualTo(BulletMl).Within(2).Percent);
        Assert.That(trace.Length, Is.EqualTo(80).Within(1.5));
        double radians = degrees * Math.PI / 180;
        Assert.That((trace.Apex.X - 100) * 0.7, Is.EqualTo(40 * Math.Sin(radians)).Within(2.5));
        Assert.That((trace.Apex.Y - 100) * 0.7, Is.EqualTo(-40 * Math.Cos(radians)).Within(2.5));
    }

    [TestCase(0.5, 1.1)]
    [TestCase(1.3, 0.6)]
    public void SinglePlane_OblongPixels_IsWithinTwoPercent(double x, double y)
    {
        var spacing = new PixelSpacing(x, y);
        Assert.That(SimpsonVolume.SinglePlaneMl(LvTrace.FromMask(Draw(Bullet, 30, spacing), 1, spacing)), Is.EqualTo(BulletMl).Within(2).Percent);
    }

    [Test]
    public void SinglePlane_CoarseMask_IsWithinFourPercent()
    {
        var spacing = new PixelSpacing(2, 2);
        Assert.That(SimpsonVolume.SinglePlaneMl(LvTrace.FromMask(Draw(Bullet, 15, spacing), 1, spacing)), Is.EqualTo(BulletMl).Within(4).Percent);
    }

    [Test]
    public void Biplane_EllipsoidOfThreeAxes_IsWithinTwoPercent()
    {
        var four = LvTrace.FromMask(Draw((u, v) => Math.Pow(u / 28, 2) + Math.Pow(v / 42, 2) <= 1, 10, Fine), 1, Fine);
        var two = LvTrace.FromMask(Draw((u, v) => Math.Pow(u / 20, 2) + Math.Pow(v / 42, 2) <= 1, -15, Fine), 1, Fine);
        Assert.That(SimpsonVolume.BiplaneMl(four, two), Is.EqualTo(4.0 / 3 * Math.PI * 42 * 28 * 20 / 1000).Within(2).Percent);
        Assert.That(SimpsonVolume.LengthDisagreement(four, two), Is.LessThan(0.02));
    }

    [Test]
    public void FromMask_LandmarksGiven_ReplaceTheAxis()
    {
        var mask = Draw(Bullet, 0, Fine);
        var found = LvTrace.FromMask(mask, 1, Fine);
        var given = LvTrace.FromMask(mask, 1, Fine, new LvLandmarks(new ImagePoint(70, 140), new ImagePoint(130, 140), new ImagePoint(100, 60)));
        Assert.That(given.Length, Is.EqualTo(56).Within(1e-9));
        Assert.That(SimpsonVolume.SinglePlaneMl(given), Is.LessThan(SimpsonVolume.SinglePlaneMl(found)));
        var apexFound = LvTrace.FromMask(mask, 1, Fine, new LvLandmarks(new ImagePoint(70, 157), new ImagePoint(130, 157)));
        Assert.That(apexFound.Length, Is.EqualTo(80).Within(1.5));
    }

    [Test]
    public void FromMask_SecondSmallerPart_IsLeftOut()
    {
        var mask = Draw((u, v) => Bullet(u, v) || Math.Pow(u - 55, 2) + Math.Pow(v, 2) <= 25, 0, Fine);
        Assert.That(SimpsonVolume.SinglePlaneMl(LvTrace.FromMask(mask, 1, Fine)), Is.EqualTo(BulletMl).Within(2).Percent);
    }

    [Test]
    public void FromMask_NoSpacing_IsRefusedUnlessPixelsAreSquare()
    {
        var large = Draw(Bullet, 0, Fine);
        var small = Draw((u, v) => Bullet(u / 0.8, v / 0.8), 0, Fine);
        Assert.That(() => LvTrace.FromMask(large, 1, null), Throws.TypeOf<MeasurementRefusedException>().With.Property("Reason").EqualTo(MeasurementRefusal.UnknownPixelProportion));
        var diastole = LvTrace.FromMask(large, 1, null, squarePixels: true);
        var systole = LvTrace.FromMask(small, 1, null, squarePixels: true);
        Assert.That(() => SimpsonVolume.SinglePlaneMl(diastole), Throws.TypeOf<MeasurementRefusedException>().With.Property("Reason").EqualTo(MeasurementRefusal.NoPixelSpacing));
        Assert.That(SimpsonVolume.EjectionFractionPercent(diastole, systole), Is.EqualTo(100 * (1 - 0.512)).Within(1));
    }

    [TestCase(0, MeasurementRefusal.EmptyMask)]
    [TestCase(1.4, MeasurementRefusal.TooSmall)]
    public void FromMask_AbsentOrTiny_IsRefused(double radius, MeasurementRefusal reason) =>
        Assert.That(() => LvTrace.FromMask(Draw((u, v) => (u * u) + (v * v) < radius * radius, 0, Fine), 1, Fine), Throws.TypeOf<MeasurementRefusedException>().With.Property("Reason").EqualTo(reason));

    [Test]
    public void SinglePlane_PhantomMasks_FollowTheTrueEjectionFraction()
    {
        var options = new PhantomOptions { ImageSize = 192, Frames = 12, Views = [PhantomView.A4C] };
        for (int i = 0; i < 6; i++)
        {
            var truth = PhantomGenerator.Generate(options, 5, i).Truth;
            LvTrace Trace(int frame) => LvTrace.FromMask(new LabelMask(truth.Mask(frame).ToArray(), truth.Height, truth.Width), (byte)PhantomLabel.LeftVentricle, truth.Spacing);
            double expected = 100 * (1 - (truth.VolumesMl[truth.EndSystolicFrame] / truth.VolumesMl[truth.EndDiastolicFrame]));
            double measured = SimpsonVolume.EjectionFractionPercent(Trace(truth.EndDiastolicFrame), Trace(truth.EndSystolicFrame));
            Assert.That(measured, Is.EqualTo(expected).Within(3), $"phantom {i}");
        }
    }

    [Test]
    public void Biplane_PhantomMasks_AreCloserToTheTrueVolumeThanOnePlane()
    {
        var truths = Enumerable.Range(0, 8).Select(i => (Four: Truth(PhantomView.A4C, i), Two: Truth(PhantomView.A2C, i))).ToList();
        Assert.That(truths.Select(pair => pair.Two.VolumesMl[0]), Is.EqualTo(truths.Select(pair => pair.Four.VolumesMl[0])), "both views show one heart");
        double biplane = truths.Average(pair => Math.Abs((SimpsonVolume.BiplaneMl(Trace(pair.Four), Trace(pair.Two)) / pair.Four.VolumesMl[0]) - 1));
        double single = truths.Average(pair => Math.Abs((SimpsonVolume.SinglePlaneMl(Trace(pair.Four)) / pair.Four.VolumesMl[0]) - 1));
        Assert.That(biplane, Is.LessThan(0.05));
        Assert.That(single, Is.GreaterThan(biplane));

        static PhantomTruth Truth(PhantomView view, int index) =>
            PhantomGenerator.Generate(new PhantomOptions { ImageSize = 192, Frames = 1, Views = [view] }, 5, index).Truth;

        static LvTrace Trace(PhantomTruth truth) => LvTrace.FromMask(new LabelMask(truth.Mask(0).ToArray(), truth.Height, truth.Width), (byte)PhantomLabel.LeftVentricle, truth.Spacing);
    }

    private static bool Ellipse(double u, double v) => Math.Pow(u / 24, 2) + Math.Pow(v / 42, 2) <= 1;

    // v runs from the tip at -40 to the flat base at 40 mm.
    private static bool Bullet(double u, double v) => v <= 40 && (v > 5 ? Math.Abs(u) <= 22 : Math.Pow(u / 22, 2) + Math.Pow((v - 5) / 45, 2) <= 1);

    // A shape in mm about the middle of a mask of 140 x 140 mm, turned clockwise.
    private static LabelMask Draw(Func<double, double, bool> shape, double degrees, PixelSpacing spacing)
    {
        int width = (int)Math.Round(140 / spacing.XMm), height = (int)Math.Round(140 / spacing.YMm);
        double cos = Math.Cos(degrees * Math.PI / 180), sin = Math.Sin(degrees * Math.PI / 180);
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.Length; i++)
        {
            double x = ((i % width) - (width / 2)) * spacing.XMm, y = ((i / width) - (height / 2)) * spacing.YMm;
            labels[i] = shape((cos * x) + (sin * y), (-sin * x) + (cos * y)) ? (byte)1 : (byte)0;
        }

        return new LabelMask(labels, height, width);
    }
}
