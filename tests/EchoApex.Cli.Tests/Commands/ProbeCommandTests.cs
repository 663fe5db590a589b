using System.Text.Json;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Loop;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Runs <c>echoapex probe</c> with a tiny encoder on small phantoms.</summary>
[NoTensorLeaks]
public sealed class ProbeCommandTests : IDisposable
{
    private TemporaryFolder _folder = null!;
    private string _model = null!;

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TemporaryFolder();
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 1, Heads = 3 };
        using var backbone = BackboneFactory.Create(config, new RandomStream(1));
        _model = _folder.File("tiny");
        ModelFolder.Save(_model, backbone, new Preprocessing { ImageSize = 32, Normalization = Normalization.Image }, new ModelInfo { Name = "tiny" });
        foreach (var (name, seed, count) in new[] { ("train", 1UL, 36), ("validation", 2UL, 12), ("test", 3UL, 12) })
        {
            PhantomSetWriter.Write(_folder.File(name), new PhantomSetOptions { Count = count, Seed = seed, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 2 } });
        }
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Probe_PhantomSetsWithEverything_PrintsATableAndWritesJson()
    {
        string json = _folder.File("scores.json");
        var result = CommandLine.Run(
            "probe", _model, "--train", List("train"), "--validation", List("validation"), "--test", List("test"),
            "--patches", "--cls-mean", "--baselines", "--initialization", "fan_in", "--out", json);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        foreach (string expected in new[] { "| raw pixels (16 x 16) |", "| untrained encoder |", "| tiny |", "patch probe mIoU %", "LeftVentricle", "72 frames of 36 clips", "24 of 12", "chance 16.7 %", "never on test" })
        {
            Assert.That(result.Output, Does.Contain(expected));
        }

        using var document = JsonDocument.Parse(File.ReadAllText(json));
        var rows = document.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.That(rows, Has.Length.EqualTo(3));
        var accuracy = rows[2].GetProperty("knn").GetProperty("accuracy");
        Assert.That(accuracy.GetProperty("estimate").GetDouble(), Is.InRange(accuracy.GetProperty("low").GetDouble(), accuracy.GetProperty("high").GetDouble()));
        Assert.That(rows[2].GetProperty("patches").GetProperty("mean_iou").GetProperty("estimate").GetDouble(), Is.InRange(0, 1));
        Assert.That(rows[2].GetProperty("patches").GetProperty("iou").EnumerateObject().Count(), Is.EqualTo(6));
        Assert.That(rows[0].GetProperty("cls_mean_linear").ValueKind, Is.EqualTo(JsonValueKind.Null), "pixels have no mean token");
        Assert.That(rows[1].GetProperty("cls_mean_linear").GetProperty("l2").GetDouble(), Is.Positive);
    }

    [Test]
    public void Probe_Plain_JudgesTheEncoderAlone()
    {
        var result = CommandLine.Run("probe", _model, "--train", List("train"), "--test", List("test"), "--frames", "1", "--neighbours", "3");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("| tiny |").And.Contain("held back").And.Contain("36 frames").And.Contain("3 neighbours"));
        Assert.That(result.Output, Does.Not.Contain("raw pixels").And.Not.Contain("mIoU"));
    }

    [Test]
    public void Probe_PatchSide_DrawsOnAFinerGridAndLeavesTheOtherFiguresAlone()
    {
        string[] arguments = ["probe", _model, "--train", List("train"), "--test", List("test"), "--baselines", "--initialization", "fan_in"];
        string[] jsons = [_folder.File("own.json"), _folder.File("fine.json")];
        Assert.That(CommandLine.Run([.. arguments, "--patches", "--out", jsons[0]]).Output, Does.Contain("4 x 4 patches").And.Contain("32 pixels"));
        Assert.That(CommandLine.Run([.. arguments, "--patch-side", "64", "--out", jsons[1]]).Output, Does.Contain("8 x 8 patches").And.Contain("64 pixels"));
        var documents = jsons.Select(json => JsonDocument.Parse(File.ReadAllText(json))).ToArray();
        var rows = documents.Select(document => document.RootElement.GetProperty("rows").EnumerateArray().ToArray()).ToArray();
        for (int i = 0; i < 3; i++)
        {
            Assert.That(rows[1][i].GetProperty("linear").ToString(), Is.EqualTo(rows[0][i].GetProperty("linear").ToString()));
            Assert.That(rows[1][i].GetProperty("patches").ToString(), Is.Not.EqualTo(rows[0][i].GetProperty("patches").ToString()));
        }

        Array.ForEach(documents, document => document.Dispose());
        var refused = CommandLine.Run([.. arguments, "--patch-side", "60"]);
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.Error, Does.Contain("60").And.Contain("multiple of the encoder's patch of 8 pixels"));
    }

    [Test]
    public void Probe_UntrainedOfAModelThatDoesNotSay_AsksForTheInitialization()
    {
        var result = CommandLine.Run("probe", _model, "--train", List("train"), "--test", List("test"), "--baselines");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("--initialization reference or --initialization fan_in or --initialization zero_residual"));
    }

    [Test]
    public void Probe_BaselinesOfAResNet_ShowItWithBothStatistics()
    {
        var config = new BackboneConfig { Family = "resnet", Architecture = "resnet_custom", ImageSize = 32, PatchSize = 32, MaskToken = false, EmbedDim = 512, Depth = 1 };
        using var backbone = UntrainedEncoder.Create(config, BackboneInitializationKind.Reference, 1);
        string model = _folder.File("resnet"), json = _folder.File("resnet.json");
        ModelFolder.Save(model, backbone, new Preprocessing { ImageSize = 32, Normalization = Normalization.Image }, new ModelInfo { Name = "resnet" });
        var result = CommandLine.Run("probe", model, "--train", List("train"), "--test", List("test"), "--baselines", "--initialization", "reference", "--seed", "1", "--out", json);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using var document = JsonDocument.Parse(File.ReadAllText(json));
        var rows = document.RootElement.GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("features").GetString()!, row => row.GetProperty("linear").GetProperty("accuracy").GetProperty("estimate").GetDouble());
        Assert.That(rows.Keys, Is.EquivalentTo(new[] { "raw pixels (16 x 16)", "untrained encoder", "untrained, statistics of --train", "resnet" }));
        Assert.That(rows["resnet"], Is.EqualTo(rows["untrained encoder"]), "the model is the untrained encoder of seed 1");
    }

    [Test]
    public void Probe_TestThatSharesClipsWithTraining_IsRefused()
    {
        var result = CommandLine.Run("probe", _model, "--train", List("train"), "--test", List("train"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("line 2").And.Contain("is in"));
    }

    [Test]
    public void Probe_PatchesWithoutMasks_SaysWhatIsMissing()
    {
        string list = _folder.File("plain.csv");
        var lines = File.ReadAllLines(List("test")).Skip(1).Select(line => line.Split(','));
        File.WriteAllText(list, "path,label\n" + string.Concat(lines.Select(row => $"test/{row[5]},{row[2]}\n")));
        var result = CommandLine.Run("probe", _model, "--train", List("train"), "--test", list, "--patches");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("plain.csv").And.Contain("masks"));
    }

    private string List(string name) => Path.Combine(_folder.File(name), "manifest.csv");
}
