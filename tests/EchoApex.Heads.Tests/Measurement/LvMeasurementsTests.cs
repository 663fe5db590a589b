using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Tests.Measurement;

public sealed class LvMeasurementsTests
{
    private static readonly Dictionary<string, ImagePoint> Points = new()
    {
        ["ivs_start"] = new(10, 20),
        ["ivs_end"] = new(10, 30),
        ["lvid_start"] = new(10, 30),
        ["lvid_end"] = new(40, 70),
        ["lvpw_start"] = new(40, 70),
    };

    [Test]
    public void FromPoints_OblongPixels_WeighsEachDirection()
    {
        var lengths = LvMeasurements.FromPoints(Points, new PixelSpacing(0.5, 2));
        Assert.That(lengths.IvsMm, Is.EqualTo(20).Within(1e-12));
        Assert.That(lengths.LvidMm, Is.EqualTo(Math.Sqrt((15 * 15) + (80 * 80))).Within(1e-12));
        Assert.That(lengths.Length("lvid").Pixels, Is.EqualTo(50).Within(1e-12));
    }

    [Test]
    public void FromPoints_NoSpacing_GivesPixelsAndRefusesMm()
    {
        var lengths = LvMeasurements.FromPoints(Points, null);
        Assert.That(lengths.Length("lvid"), Is.EqualTo(new LinearLength("lvid", 50, null, MeasurementRefusal.NoPixelSpacing)));
        Assert.That(() => lengths.LvidMm, Throws.TypeOf<MeasurementRefusedException>().With.Property("Reason").EqualTo(MeasurementRefusal.NoPixelSpacing));
    }

    [Test]
    public void FromPoints_PointAbsent_NamesTheReason()
    {
        var lengths = LvMeasurements.FromPoints(Points, new PixelSpacing(1, 1));
        Assert.That(() => lengths.LvpwMm, Throws.TypeOf<MeasurementRefusedException>()
            .With.Property("Reason").EqualTo(MeasurementRefusal.MissingPoint).And.Message.Contains("lvpw_end"));
    }

    [Test]
    public void NamesOf_Landmarks_TakesCompletePairs() =>
        Assert.That(LvMeasurements.NamesOf(["ivs_start", "apex", "ivs_end", "lvid_start"]), Is.EqualTo(new[] { "ivs" }));

    [Test]
    public void Grams_HandComputedCase_Agrees() =>
        // 1.0 + 4.8 + 0.9 cm: 6.7^3 = 300.763, 4.8^3 = 110.592; 0.832 * 190.171 + 0.6.
        Assert.That(LvMass.Grams(10, 48, 9), Is.EqualTo(158.822).Within(1e-3));

    [Test]
    public void BodySurfaceArea_HundredSeventyCmSeventyKg_IsOnePointEight() =>
        Assert.That(LvMass.BodySurfaceAreaM2(170, 70), Is.EqualTo(1.81).Within(0.01));

    [TestCase(95, 0.42, Sex.Female, LvGeometryClass.Normal)]
    [TestCase(95.1, 0.42, Sex.Female, LvGeometryClass.EccentricHypertrophy)]
    [TestCase(95.1, 0.42, Sex.Male, LvGeometryClass.Normal)]
    [TestCase(115.1, 0.42, Sex.Male, LvGeometryClass.EccentricHypertrophy)]
    [TestCase(115.1, 0.43, Sex.Male, LvGeometryClass.ConcentricHypertrophy)]
    [TestCase(80, 0.43, Sex.Female, LvGeometryClass.ConcentricRemodeling)]
    public void Classify_AroundTheLimits_FollowsSexAndThickness(double index, double thickness, Sex sex, LvGeometryClass expected) =>
        Assert.That(LvMass.Classify(index, thickness, sex), Is.EqualTo(expected));

    [Test]
    public void Of_WithoutBodySurfaceArea_HasMassButNoClass()
    {
        var points = new Dictionary<string, ImagePoint>(Points) { ["lvpw_end"] = new(40, 79) };
        var lengths = LvMeasurements.FromPoints(points, new PixelSpacing(1, 1));
        var alone = LvAssessment.Of(lengths, sex: Sex.Male);
        Assert.That((alone.MassIndex, alone.Geometry), Is.EqualTo(((double?)null, (LvGeometryClass?)null)));
        Assert.That(alone.RelativeWallThickness, Is.EqualTo(0.36).Within(1e-12));
        var whole = LvAssessment.Of(lengths, 1.2, Sex.Male);
        Assert.That(whole.MassIndex, Is.EqualTo(alone.MassGrams / 1.2).Within(1e-9));
        Assert.That(whole.Geometry, Is.EqualTo(LvGeometryClass.EccentricHypertrophy));
    }
}
