using EchoApex.Core.Arrays;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Testing;
using OpenCvSharp;
using static TorchSharp.torch;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Runs <c>echoapex embed</c> on small pictures and a tiny encoder.</summary>
[NoTensorLeaks]
public sealed class EmbedCommandTests : IDisposable
{
    private const int Dimension = 24;
    private TemporaryFolder _folder = null!;
    private string _model = null!;

    [OneTimeSetUp]
    public void MakeModel()
    {
        _folder = new TemporaryFolder();
        _model = _folder.File("model");
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = Dimension, Depth = 2, Heads = 3 };
        using var backbone = BackboneFactory.Create(config, new RandomStream(1));
        ModelFolder.Save(_model, backbone, new Preprocessing { ImageSize = 32, CropToSector = false }, new ModelInfo { Name = "tiny" });
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Embed_Tensor_WritesTheBackbonesClsAndPatches()
    {
        using var folder = new TemporaryFolder();
        float[] values = WriteTensor(folder.File("in.npy"), 5, 32, 48);
        Run(0, "embed", folder.File("in.npy"), "--model", _model, "--out", folder.File("out.npy"), "--patches", folder.File("patches.npy"), "--tensor", "--batch", "2");
        using var scope = NewDisposeScope();
        using var model = ModelFolder.Load(_model);
        using var grad = no_grad();
        using var features = model.Backbone.Extract(tensor(values).reshape(5, 3, 32, 48));
        var cls = NumpyFile.Read<float>(folder.File("out.npy"));
        var patches = NumpyFile.Read<float>(folder.File("patches.npy"));
        Assert.That(cls.Shape, Is.EqualTo(new long[] { 5, Dimension }));
        Assert.That(cls.Values, Is.EqualTo(features.Cls.data<float>().ToArray()).Within(1e-5));
        Assert.That(patches.Shape, Is.EqualTo(new long[] { 5, 24, Dimension }));
        Assert.That(patches.Values, Is.EqualTo(features.Patches.data<float>().ToArray()).Within(1e-5));
    }

    [Test]
    public void Embed_RunFolder_TakesItsModel()
    {
        using var folder = new TemporaryFolder();
        WritePictures(folder.File("clip"), "frame", 2);
        Directory.CreateDirectory(folder.File("run/model"));
        foreach (string file in Directory.GetFiles(_model))
        {
            File.Copy(file, folder.File("run/model/" + Path.GetFileName(file)));
        }

        Run(0, "embed", folder.File("clip"), "--model", folder.File("run"), "--out", folder.File("out.npy"));
        Run(0, "export", "--onnx", folder.File("run"), "--out", folder.File("run.onnx"));
        File.WriteAllText(folder.File("config.yaml"), "seed: 1");
        Assert.That(Run(1, "embed", folder.File("clip"), "--model", folder.Path, "--out", folder.File("out.npy")).Error, Does.Contain(Path.Combine(folder.Path, "model")), "a run that has not come to its model yet");
    }

    [Test]
    public void Embed_Clip_WritesItsFramesInOrder()
    {
        using var folder = new TemporaryFolder();
        WritePictures(folder.File("clip"), "frame", 11);
        var result = Run(0, "embed", folder.File("clip"), "--model", _model, "--out", folder.File("out.npy"), "--batch", "4");
        using var embedder = Embedder.Load(_model);
        float[] expected = embedder.Embed(ClipReader.Open(folder.File("clip")));
        var cls = NumpyFile.Read<float>(folder.File("out.npy"));
        Assert.That(cls.Shape, Is.EqualTo(new long[] { 11, Dimension }));
        Assert.That(cls.Values, Is.EqualTo(expected).Within(1e-5));
        Assert.That(result.Output, Does.Contain("[11, 24]"));
    }

    [Test]
    public void Embed_OnePicture_NeedsNoIndex()
    {
        using var folder = new TemporaryFolder();
        WritePictures(folder.File("clip"), "picture", 1);
        Run(0, "embed", folder.File("clip/picture0.png"), "--model", _model, "--out", folder.File("out.npy"));
        Assert.That(NumpyFile.Read<float>(folder.File("out.npy")).Shape, Is.EqualTo(new long[] { 1, Dimension }));
        Assert.That(File.Exists(folder.File("out.npy.index.csv")), Is.False);
    }

    [Test]
    public void Embed_FolderWithABrokenFile_ReportsItAndWritesTheRestWithAnIndex()
    {
        using var folder = new TemporaryFolder();
        WritePictures(folder.File("set/a, b"), "frame", 3);
        WritePictures(folder.File("set/c"), "frame", 2);
        // The second frame of this clip is broken: rows of its first must not stay.
        WritePictures(folder.File("set/b"), "frame", 2);
        File.WriteAllText(folder.File("set/b/frame1.png"), "not a picture");
        var result = Run(0, "embed", folder.File("set"), "--model", _model, "--out", folder.File("out.npy"), "--patches", folder.File("p.npy"), "--batch", "1");
        Assert.That(result.Error, Does.Contain("left out").And.Contain("1 of 3"));
        Assert.That(File.ReadAllLines(folder.File("out.npy.index.csv")), Is.EqualTo(new[] { "row,clip,frame", "0,\"a, b\",0", "1,\"a, b\",1", "2,\"a, b\",2", "3,c,0", "4,c,1" }));
        using var embedder = Embedder.Load(_model);
        float[] expected = [.. embedder.Embed(ClipReader.Open(folder.File("set/a, b"))), .. embedder.Embed(ClipReader.Open(folder.File("set/c")))];
        Assert.That(NumpyFile.Read<float>(folder.File("out.npy")).Values, Is.EqualTo(expected).Within(1e-5));
        Assert.That(NumpyFile.Read<float>(folder.File("p.npy")).Shape, Is.EqualTo(new long[] { 5, 16, Dimension }));
    }

    [Test]
    public void Embed_FolderBatchesAcrossClips_GivesTheSameRows()
    {
        using var folder = new TemporaryFolder();
        WritePictures(folder.File("set"), "picture", 7);
        Run(0, "embed", folder.File("set"), "--model", _model, "--out", folder.File("one.npy"), "--batch", "1");
        Run(0, "embed", folder.File("set"), "--model", _model, "--out", folder.File("three.npy"), "--batch", "3");
        Assert.That(NumpyFile.Read<float>(folder.File("three.npy")).Values, Is.EqualTo(NumpyFile.Read<float>(folder.File("one.npy")).Values).Within(1e-5));
        Assert.That(NumpyFile.Read<float>(folder.File("one.npy")).Shape, Is.EqualTo(new long[] { 7, Dimension }));
    }

    [Test]
    public void Embed_Frames_TakesThatManyOfEachClip()
    {
        using var folder = new TemporaryFolder();
        WritePictures(folder.File("clip"), "frame", 10);
        Run(0, "embed", folder.File("clip"), "--model", _model, "--out", folder.File("out.npy"), "--frames", "2");
        Assert.That(File.ReadAllLines(folder.File("out.npy.index.csv"))[1..], Is.EqualTo(new[] { "0,.,2", "1,.,7" }));
    }

    [Test]
    public void Embed_Csv_ReadsBackAsTheSameNumbers()
    {
        using var folder = new TemporaryFolder();
        WriteTensor(folder.File("in.npy"), 3, 32, 32);
        Run(0, "embed", folder.File("in.npy"), "--model", _model, "--out", folder.File("out.npy"), "--tensor");
        Run(0, "embed", folder.File("in.npy"), "--model", _model, "--out", folder.File("out.csv"), "--tensor");
        string[] lines = File.ReadAllLines(folder.File("out.csv"));
        Assert.That(lines[0], Does.StartWith("e0,e1,").And.EndWith(",e23"));
        float[] values = [.. lines[1..].SelectMany(line => line.Split(',')).Select(float.Parse)];
        Assert.That(values, Is.EqualTo(NumpyFile.Read<float>(folder.File("out.npy")).Values));
    }

    [Test]
    public void Embed_Failure_LeavesTheEarlierOutputAndNoPartialFile()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("out.npy"), "earlier");
        WriteTensor(folder.File("in.npy"), 1, 36, 32);
        var result = Run(1, "embed", folder.File("in.npy"), "--model", _model, "--out", folder.File("out.npy"), "--patches", folder.File("p.npy"), "--tensor");
        Assert.That(result.Error, Does.Contain("36 x 32").And.Contain("patch of 8"));
        Assert.That(File.ReadAllText(folder.File("out.npy")), Is.EqualTo("earlier"));
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "in.npy", "out.npy" }));
    }

    [Test]
    public void Embed_NoReadableClip_IsAnError()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("set"));
        File.WriteAllText(folder.File("set/a.png"), "not a picture");
        var result = Run(1, "embed", folder.File("set"), "--model", _model, "--out", folder.File("out.npy"));
        Assert.That(result.Error, Does.Contain("none of its 1 clips"));
        Directory.CreateDirectory(folder.File("empty"));
        Assert.That(Run(1, "embed", folder.File("empty"), "--model", _model, "--out", folder.File("out.npy")).Error, Does.Contain("no clips"));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [TestCase(new long[] { 2, 1, 32, 32 }, "[2, 1, 32, 32]")]
    [TestCase(new long[] { 3, 32, 32 }, "[3, 32, 32]")]
    [TestCase(new long[] { 0, 3, 32, 32 }, "[0, 3, 32, 32]")]
    public void Embed_TensorOfAnotherShape_NamesIt(long[] shape, string expected)
    {
        using var folder = new TemporaryFolder();
        NumpyFile.Write<float>(folder.File("in.npy"), shape, new float[shape.Aggregate(1L, (a, b) => a * b)]);
        Assert.That(Run(1, "embed", folder.File("in.npy"), "--model", _model, "--out", folder.File("out.npy"), "--tensor").Error, Does.Contain(expected));
    }

    [TestCase("--out", "x.txt", ".npy or .csv")]
    [TestCase("--frames", "0", "'all' or a positive number")]
    [TestCase("--batch", "0", "1 to 4096")]
    [TestCase("--patches", "x.csv", ".npy")]
    public void Embed_BadOption_SaysWhatIsAllowed(string option, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        List<string> arguments = ["embed", folder.Path, "--model", _model, option, value];
        if (option != "--out")
        {
            arguments.AddRange(["--out", folder.File("out.npy")]);
        }

        Assert.That(Run(1, [.. arguments]).Error, Does.Contain(expected));
    }

    [Test]
    public void Embed_MissingInputOrModel_NamesIt()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Run(1, "embed", folder.File("absent.dcm"), "--model", _model, "--out", folder.File("out.npy")).Error, Does.Contain("absent.dcm"));
        Assert.That(Run(1, "embed", folder.Path, "--model", folder.File("nomodel"), "--out", folder.File("out.npy")).Error, Does.Contain("nomodel"));
    }

    private static CommandLine Run(int expectedCode, params string[] arguments)
    {
        var result = CommandLine.Run(arguments);
        Assert.That(result.ExitCode, Is.EqualTo(expectedCode), result.Error);
        return result;
    }

    private static float[] WriteTensor(string path, int count, int height, int width)
    {
        float[] values = GoldenCase.Fill("images", (long)count * 3 * height * width, 1, 0);
        NumpyFile.Write<float>(path, [count, 3, height, width], values);
        return values;
    }

    private static void WritePictures(string folder, string name, int count)
    {
        Directory.CreateDirectory(folder);
        var random = RandomStream.For(3, folder[^1..]);
        for (int i = 0; i < count; i++)
        {
            byte[] pixels = new byte[30 * 40];
            for (int k = 0; k < pixels.Length; k++)
            {
                pixels[k] = (byte)random.NextInt32(256);
            }

            using var picture = Mat.FromPixelData(30, 40, MatType.CV_8UC1, pixels);
            Cv2.ImWrite(Path.Combine(folder, $"{name}{i}.png"), picture);
        }
    }
}
