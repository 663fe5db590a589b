using EchoApex.Core.Imaging;

namespace EchoApex.Core.Tests.Imaging;

public sealed class FrameOperationsTests
{
    [Test]
    public void ToGray_OfPrimaries_WeighsThem()
    {
        byte[] gray = new byte[4];
        FrameOperations.ToGray([255, 0, 0, 0, 255, 0, 0, 0, 255, 100, 100, 100], gray);
        Assert.That(gray, Is.EqualTo(new byte[] { 76, 150, 29, 100 }));
    }

    [Test]
    public void ToGray_IntoTooFewBytes_IsRefused() =>
        Assert.That(() => FrameOperations.ToGray(new byte[6], new byte[1]), Throws.InstanceOf<ArgumentException>());

    [TestCase(1)]
    [TestCase(3)]
    public void Resize_ByAreaToHalf_TakesMeans(int channels)
    {
        byte[] source = [.. Enumerable.Range(0, 16).SelectMany(i => Enumerable.Range(0, channels).Select(c => (byte)(4 * (i + c))))];
        byte[] result = new byte[4 * channels];
        FrameOperations.Resize(source, 4, 4, channels, result, 2, 2, Interpolation.Area);
        byte[] expected = [.. new[] { 10, 18, 42, 50 }.SelectMany(value => Enumerable.Range(0, channels).Select(c => (byte)(value + (4 * c))))];
        Assert.That(result, Is.EqualTo(expected));
    }

    [TestCase(Interpolation.Area)]
    [TestCase(Interpolation.Bilinear)]
    [TestCase(Interpolation.Cubic)]
    public void Resize_OfFlatPicture_KeepsItsValue(Interpolation interpolation)
    {
        byte[] source = new byte[7 * 5];
        source.AsSpan().Fill(123);
        byte[] result = new byte[13 * 3];
        FrameOperations.Resize(source, 7, 5, 1, result, 13, 3, interpolation);
        Assert.That(result, Has.All.EqualTo(123));
    }

    [Test]
    public void Resize_OfEachInterpolation_DiffersFromTheOthers()
    {
        byte[] source = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * i * 5))];
        byte[][] results = [.. Enum.GetValues<Interpolation>().Select(interpolation =>
        {
            byte[] result = new byte[9];
            FrameOperations.Resize(source, 8, 8, 1, result, 3, 3, interpolation);
            return result;
        })];
        Assert.That(results.Select(Convert.ToHexString).Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public void Resize_OfTooShortSource_IsRefused() =>
        Assert.That(() => FrameOperations.Resize(new byte[5], 2, 3, 1, new byte[4], 2, 2, Interpolation.Area), Throws.InstanceOf<ArgumentException>());
}
