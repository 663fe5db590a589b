using System.Globalization;
using EchoApex.Core.Arrays;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Predictions of barely trained models: what is said, not how good it is.</summary>
[NoTensorLeaks]
public sealed class PredictCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeSetUp]
    public void Make()
    {
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
        using (var backbone = BackboneFactory.Create(config, new RandomStream(1)))
        {
            ModelFolder.Save(_folder.File("tiny"), backbone, new Preprocessing { ImageSize = 32, Normalization = Normalization.Image }, new ModelInfo { Name = "tiny" });
        }

        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 24, Seed = 1, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 4 } });

        // Clips of other sizes, lengths and frame rates; an AVI says no pixel size.
        PhantomSetWriter.Write(_folder.File("long"), new PhantomSetOptions { Count = 1, Seed = 9, Clip = new PhantomOptions { ImageSize = 144, Frames = 23, FramesPerSecond = 17, Views = [PhantomView.PLAX] } });
        PhantomSetWriter.Write(_folder.File("still"), new PhantomSetOptions { Count = 1, Seed = 9, Clip = new PhantomOptions { ImageSize = 90, Frames = 1, Views = [PhantomView.PLAX] } });
        foreach (string task in new[] { "view", "segment", "measure", "ef" })
        {
            string[] own = task switch
            {
                "segment" => ["segment.head.embed_dim=32", "segment.head.heads=2", "segment.head.mlp_dim=32"],
                "measure" => ["measure.head.width=16", "measure.head.stem_width=16", "measure.views=[PLAX]"],
                "ef" => ["ef.windows.frames=4", "ef.head.width=24"],
                _ => [],
            };
            string[] settings = [.. own.Concat(["training.steps=1", "training.batch_size=2", "training.evaluations=0", $"training.protocol={(task == "ef" ? "linear" : "full")}"]).SelectMany(setting => new[] { "--set", setting })];
            var result = CommandLine.Run(["finetune", task, "--model", _folder.File("tiny"), "--data", _folder.File("set"), "--out", _folder.File(task), .. settings]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
        }
    }

    public void Dispose() => _folder.Dispose();

    [TestCase("view", "view ")]
    [TestCase("segment", " cm2")]
    [TestCase("measure", " mm")]
    [TestCase("ef", "EF ")]
    public void Predict_ClipWithSpacing_SaysTheTasksResult(string task, string expected)
    {
        var result = Predict(task, "long", "dicom", ".dcm");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain(expected));
    }

    [Test]
    public void Predict_InBfloat16_SaysNearlyTheSameOrIsRefused()
    {
        string clip = Directory.GetFiles(Path.Combine(_folder.File("long"), "dicom"), "*.dcm")[0];
        var (single, narrow) = (CommandLine.Run("predict", clip, "--model", _folder.File("ef")), CommandLine.Run("predict", clip, "--model", _folder.File("ef"), "--precision", "bf16"));
        if (InferenceModel.Supports(Precision.Bf16))
        {
            Assert.That(narrow.ExitCode, Is.Zero, narrow.Error);
            Assert.That(Fraction(narrow.Output), Is.EqualTo(Fraction(single.Output)).Within(2));
        }
        else
        {
            Assert.That(narrow.ExitCode, Is.EqualTo(1));
            Assert.That(narrow.Error, Does.Contain("needs Linux x64 and a processor with AVX-512"));
        }

        var refused = CommandLine.Run("predict", clip, "--model", _folder.File("ef"), "--precision", "fp8");
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.Error, Does.Contain("--precision is 'fp8'").And.Contain("fp32 or bf16"));
        static double Fraction(string text) => double.Parse(text.Split("EF ")[1].Split(' ', '%')[0], CultureInfo.InvariantCulture);
    }

    [TestCase("segment", "pixels (the clip says no pixel size)")]
    [TestCase("measure", "pixels (no mm: the clip says no pixel size)")]
    [TestCase("ef", "EF ")]
    [TestCase("view", "view ")]
    public void Predict_ClipWithoutSpacing_RefusesMillimetresByNameAndSaysTheRest(string task, string expected)
    {
        var result = Predict(task, "long", "avi", ".avi");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain(expected).And.Not.Contains(" mm,").And.Not.Contains("cm2"));
    }

    [TestCase("view")]
    [TestCase("segment")]
    [TestCase("measure")]
    [TestCase("ef")]
    public void Predict_OneStillFrame_IsAnswered(string task)
    {
        var result = Predict(task, "still", "dicom", ".dcm");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
    }

    [Test]
    public void Predict_WithOut_WritesMasksAndPointsAtTheClipsSize()
    {
        string folder = _folder.File("out");
        var result = CommandLine.Run("predict", Clip("long", "dicom", ".dcm"), "--model", _folder.File("segment"), _folder.File("measure"), "--out", folder);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        string written = Directory.GetDirectories(folder).Single();
        Assert.That(NumpyFile.Read<byte>(Path.Combine(written, "left_ventricle.npy")).Shape, Is.EqualTo(new long[] { 23, 144, 144 }));
        Assert.That(File.ReadLines(Path.Combine(written, "points.csv")).Count(), Is.EqualTo(1 + (23 * 6)));
    }

    [Test]
    public void Predict_FoldersWithTheSameNames_KeepsTheirResultsApart()
    {
        string source = Clip("still", "dicom", ".dcm");
        foreach (string name in new[] { "P1/IM_0001.dcm", "P1/1.2.3.4", "P1/1.2.3.5", "P2/IM_0001.dcm" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File("study/" + name))!);
            File.Copy(source, _folder.File("study/" + name));
        }

        string output = _folder.File("apart");
        var result = CommandLine.Run("predict", _folder.File("study"), "--model", _folder.File("measure"), "--out", output);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        string[] expected = ["P1/1.2.3.4/points.csv", "P1/1.2.3.5/points.csv", "P1/IM_0001/points.csv", "P2/IM_0001/points.csv"];
        Assert.That(Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(output, path).Replace('\\', '/')), Is.EquivalentTo(expected));

        var refused = CommandLine.Run("predict", _folder.File("study/P1"), _folder.File("study/P2"), "--model", _folder.File("measure"), "--out", _folder.File("mixed"));
        Assert.That((refused.ExitCode, refused.Output), Is.EqualTo((1, "")));
        Assert.That(refused.Error, Does.Contain(Path.Combine("P1", "IM_0001.dcm")).And.Contain(Path.Combine("P2", "IM_0001.dcm")));
        Assert.That(Directory.Exists(_folder.File("mixed")), Is.False);
    }

    [Test]
    public void Predict_TwoModelsOfOneTaskWithOut_AreRefusedBeforeAnythingIsJudged()
    {
        var result = CommandLine.Run("predict", Clip("still", "dicom", ".dcm"), "--model", _folder.File("measure"), _folder.File("measure"), "--out", _folder.File("twice"));
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(result.Error, Does.Contain("would write the same files"));
    }

    [Test]
    public void Predict_OneDamagedClipAmongOthers_IsNamedAndTheOthersAreJudged()
    {
        string broken = _folder.File("broken.dcm");
        File.WriteAllText(broken, "no clip");
        var result = CommandLine.Run("predict", broken, Clip("long", "dicom", ".dcm"), "--model", _folder.File("view"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("left out").And.Contains("broken.dcm"));
        Assert.That(result.Output, Does.Contain("view "));
    }

    [TestCase("view", "view.onnx")]
    [TestCase("measure", "measure.onnx")]
    [TestCase("ef", "ef.encoder.onnx", "ef.decoder.onnx")]
    [TestCase("segment", "segment.encoder.onnx", "segment.decoder.onnx")]
    [TestCase("tiny", "tiny.onnx")]
    public void Export_OfAnyModelFolder_WritesItsFilesAndNamesThem(string model, params string[] names)
    {
        var result = CommandLine.Run("export", "--onnx", _folder.File(model), "--out", _folder.File($"onnx/{model}.onnx"));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        foreach (string name in names)
        {
            Assert.That(new FileInfo(_folder.File($"onnx/{name}")).Length, Is.GreaterThan(1000));
            Assert.That(result.Output, Does.Contain(name));
        }
    }

    private CommandLine Predict(string task, string set, string kind, string suffix) =>
        CommandLine.Run("predict", Clip(set, kind, suffix), "--model", _folder.File(task));

    private string Clip(string set, string kind, string suffix) => Directory.GetFiles(Path.Combine(_folder.File(set), kind), "*" + suffix).Single();
}
