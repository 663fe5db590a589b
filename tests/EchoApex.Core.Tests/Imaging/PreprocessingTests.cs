using System.Text.Json;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Imaging;

public sealed class PreprocessingTests
{
    [Test]
    public void Json_RoundTrip_KeepsEveryValue()
    {
        var preprocessing = new Preprocessing
        {
            ImageSize = 518,
            CropToSector = false,
            Grayscale = false,
            Fit = SquareFit.Stretch,
            Interpolation = Interpolation.Cubic,
            Normalization = Normalization.Image,
            Mean = [0.1, 0.2, 0.3],
            Std = [0.4, 0.5, 0.6],
        };
        string json = JsonSerializer.Serialize(preprocessing);
        Assert.Multiple(() =>
        {
            Assert.That(json, Does.Contain("\"stretch\"").And.Contain("\"cubic\"").And.Contain("\"image\""));
            Assert.That(JsonSerializer.Deserialize<Preprocessing>(json), Is.EqualTo(preprocessing));
            Assert.That(preprocessing with { Std = [0.4, 0.5, 0.7] }, Is.Not.EqualTo(preprocessing));
        });
    }

    [Test]
    public void Validate_OfSeveralFaults_NamesThemAll()
    {
        var preprocessing = new Preprocessing { ImageSize = 0, Mean = [1, 2], Std = [1, 0, 1] };
        Assert.That(
            () => preprocessing.Validate("model"),
            Throws.InstanceOf<ConfigurationException>().With.Property(nameof(ConfigurationException.Faults)).Count.EqualTo(3));
    }

    [Test]
    public void Validate_OfDefaults_Passes() => Assert.That(() => new Preprocessing().Validate("defaults"), Throws.Nothing);
}
