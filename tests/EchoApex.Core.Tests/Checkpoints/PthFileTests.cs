using System.IO.Compression;
using System.Text;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Checkpoints;

[NoTensorLeaks]
public sealed class PthFileTests
{
    private static readonly string[] BothForms = ["tensors.pth", "tensors_legacy.pth"];

    [TestCaseSource(nameof(BothForms))]
    public void Read_EveryElementType_GivesPyTorchsValues(string fixture)
    {
        using var scope = NewDisposeScope();
        using var file = PthFile.Open(Fixture.Path(fixture));
        float[] floats = [-1, -0.5f, 0, 0.5f, 1, 1.5f], integers = [0, 1, 2, 3, 4, 5], bits = [0, 1, 0, 1, 0, 1];
        foreach (var (name, dtype, values) in new[]
        {
            ("f64", float64, floats), ("f32", float32, floats), ("f16", float16, floats), ("bf16", bfloat16, floats),
            ("i64", int64, integers), ("i32", int32, integers), ("i16", int16, integers), ("i8", int8, integers), ("u8", uint8, integers), ("bool", @bool, bits),
        })
        {
            var read = file.Read(name);
            Assert.That(read.dtype, Is.EqualTo(dtype), name);
            Assert.That(read.shape, Is.EqualTo(new long[] { 2, 3 }), name);
            Assert.That(read.to(float32).data<float>().ToArray(), Is.EqualTo(values), name);
        }
    }

    [TestCaseSource(nameof(BothForms))]
    public void Read_ViewsOfOneStorage_GivesEachItsElements(string fixture)
    {
        using var scope = NewDisposeScope();
        using var file = PthFile.Open(Fixture.Path(fixture));
        var shared = (arange(24, dtype: float32) * 0.5 - 1).reshape(4, 6);
        AssertEqual(file.Read("shared"), shared);
        AssertEqual(file.Read("transposed"), shared.t());
        AssertEqual(file.Read("window"), shared[1..3, 2..5]);
        AssertEqual(file.Read("expanded"), full(3, 4, -1.0));
        AssertEqual(file.Read("scalar"), tensor(2.5f));
        AssertEqual(file.Read("parameter"), arange(5, dtype: float32) * 0.5 - 1);
        Assert.That(file.Read("empty").shape, Is.EqualTo(new long[] { 0, 3 }));
        var destination = zeros(6, 4, dtype: float64);
        file.CopyTo("transposed", destination);
        AssertEqual(destination.to(float32), shared.t());
    }

    [Test]
    public void Read_OfADeflatedArchive_GivesTheSameValues()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        string path = Repack(folder, "tensors.pth", CompressionLevel.SmallestSize, (_, bytes) => bytes);
        using var file = PthFile.Open(path);
        var shared = (arange(24, dtype: float32) * 0.5 - 1).reshape(4, 6);
        AssertEqual(file.Read("window"), shared[1..3, 2..5]);
        Assert.That(file.Tensors["window"].Offset, Is.EqualTo(-1));
    }

    [Test]
    public void Tensors_OfATrainingCheckpoint_AreNamedByTheirPath()
    {
        using var file = PthFile.Open(Fixture.Path("dino_checkpoint.pth"));
        Assert.That(file.Tensors.Keys, Does.Contain("teacher.backbone.cls_token").And.Contain("student.module.backbone.cls_token").And.Contain("optimizer.state.0.exp_avg").And.Contain("dino_loss.center"));
        Assert.That(file.Tensors.Keys, Has.None.StartsWith("args"));
    }

    [TestCase("calls_function.pth")]
    [TestCase("calls_function_legacy.pth")]
    public void Open_PickleThatCallsAFunction_NamesItAndRunsNothing(string fixture)
    {
        Assert.That(() => PthFile.Open(Fixture.Path(fixture)), Throws.TypeOf<CheckpointException>().With.Message.Contains("posix.system").And.Message.Contains("Nothing was executed"));
    }

    [TestCase("cos\nsystem\n(S'id'\ntR.", "os.system")]
    [TestCase("(S'id'\nios\nsystem\n.", "os.system")]
    [TestCase("(cos\nsystem\nS'id'\no.", "os.system")]
    [TestCase("\u0080\u0004\u008c\u0008builtins\u008c\u0004eval\u0093\u008c\u00011\u0085R.", "builtins.eval")]
    public void Open_PlainPickleThatCallsAFunction_NamesIt(string pickle, string function)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("x.pth");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(pickle));
        Assert.That(() => PthFile.Open(path), Throws.TypeOf<CheckpointException>().With.Message.Contains(function));
        Assert.That(() => TensorSource.Open(path), Throws.TypeOf<CheckpointException>().With.Message.Contains(function));
    }

    [Test]
    public void Open_WholePickledModule_SaysToSaveTheStateDict()
    {
        Assert.That(() => PthFile.Open(Fixture.Path("whole_module.pth")), Throws.TypeOf<CheckpointException>().With.Message.Contains("torch.nn.modules.linear.Linear").And.Message.Contains("state_dict()"));
    }

    [TestCaseSource(nameof(BothForms))]
    public void Open_FileCutAnywhere_FailsWithOneError(string fixture)
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(Fixture.Path(fixture));
        string path = folder.File("cut.pth");
        for (int length = 0; length < whole.Length; length += length < 300 || length > whole.Length - 300 ? 1 : 13)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.That(() => PthFile.Open(path).Dispose(), Throws.TypeOf<CheckpointException>(), $"cut to {length} bytes");
        }
    }

    [TestCaseSource(nameof(BothForms))]
    public void OpenAndRead_RandomDamage_FailsWithOneErrorOrReads(string fixture)
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(Fixture.Path(fixture));
        var random = new RandomStream(2);
        string path = folder.File("damaged.pth");
        int failures = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] bytes = [.. whole];
            for (int i = random.NextInt32(4); i >= 0; i--)
            {
                bytes[random.NextInt32(bytes.Length)] = (byte)random.NextInt32(256);
            }

            File.WriteAllBytes(path, bytes);
            failures += ReadAll(path);
        }

        Assert.That(failures, Is.GreaterThan(100));
    }

    [Test]
    public void Open_PickleOfRandomOperations_FailsWithOneErrorOrReads()
    {
        using var folder = new TemporaryFolder();
        var random = new RandomStream(3);
        byte[] operations = [.. ")}]NKM(tR.bcoiqhr\u0085\u0086\u0087sue012QS\u0081\u0093\u0094\u008a".Select(c => (byte)c)];
        int failures = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] pickle = new byte[60];
            for (int i = 0; i < pickle.Length; i++)
            {
                pickle[i] = operations[random.NextInt32(operations.Length)];
            }

            string path = folder.File("random.pth");
            File.WriteAllBytes(path, pickle);
            failures += ReadAll(path);
        }

        Assert.That(failures, Is.EqualTo(1000));
    }

    [Test]
    public void Open_StorageSmallerThanItsTensor_Fails()
    {
        using var folder = new TemporaryFolder();
        string path = Repack(folder, "tensors.pth", CompressionLevel.NoCompression, (name, bytes) => name.EndsWith("/data/0", StringComparison.Ordinal) ? bytes[..8] : bytes);
        Assert.That(() => PthFile.Open(path), Throws.TypeOf<CheckpointException>().With.Message.Contains("'f64'"));
    }

    [Test]
    public void Open_TensorLargerThanItsStorage_Fails()
    {
        // K 0x02 K 0x03 0x86 is the shape (2, 3); the strides follow.
        using var folder = new TemporaryFolder();
        string path = Repack(folder, "tensors.pth", CompressionLevel.NoCompression, (name, bytes) =>
        {
            int at = name.EndsWith("data.pkl", StringComparison.Ordinal) ? bytes.AsSpan().IndexOf("K\u0002K\u0003"u8) : -1;
            if (at >= 0)
            {
                bytes[at + 1] = 200;
            }

            return bytes;
        });
        Assert.That(() => PthFile.Open(path), Throws.TypeOf<CheckpointException>().With.Message.Contains("[200, 3]"));
    }

    [Test]
    public void Open_ListThatContainsItself_Ends()
    {
        using var folder = new TemporaryFolder();
        string path = WriteArchive(folder, "]q\0(h\0h\0e."u8.ToArray());
        Assert.That(() => PthFile.Open(path), Throws.TypeOf<CheckpointException>());
    }

    [Test]
    public void Open_OtherFiles_SaysWhatTheyAre()
    {
        using var folder = new TemporaryFolder();
        string Make(string text)
        {
            File.WriteAllText(folder.File("x.pth"), text);
            return folder.File("x.pth");
        }

        Assert.That(() => TensorSource.Open(Make("")), Throws.TypeOf<CheckpointException>().With.Message.Contains("empty"));
        Assert.That(() => TensorSource.Open(Make("version https://git-lfs.github.com/spec/v1\n")), Throws.TypeOf<CheckpointException>().With.Message.Contains("git lfs pull"));
        Assert.That(() => TensorSource.Open(Make("<!DOCTYPE html><html></html>")), Throws.TypeOf<CheckpointException>().With.Message.Contains("web page"));
        Assert.That(() => TensorSource.Open(folder.File("none.pth")), Throws.TypeOf<CheckpointException>().With.Message.Contains("does not exist"));
    }

    private static int ReadAll(string path)
    {
        try
        {
            using var file = PthFile.Open(path);
            foreach (string name in file.Tensors.Keys)
            {
                file.Read(name).Dispose();
            }

            return 0;
        }
        catch (CheckpointException)
        {
            return 1;
        }
    }

    private static void AssertEqual(Tensor actual, Tensor expected)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape));
        Assert.That(actual.contiguous().data<float>().ToArray(), Is.EqualTo(expected.contiguous().data<float>().ToArray()));
    }

    private static string WriteArchive(TemporaryFolder folder, byte[] pickle)
    {
        string path = folder.File("made.pth");
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        using var stream = archive.CreateEntry("made/data.pkl", CompressionLevel.NoCompression).Open();
        stream.Write(pickle);
        return path;
    }

    private static string Repack(TemporaryFolder folder, string fixture, CompressionLevel level, Func<string, byte[], byte[]> change)
    {
        string path = folder.File("repacked.pth");
        using var from = ZipFile.OpenRead(Fixture.Path(fixture));
        using var to = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var entry in from.Entries)
        {
            using var memory = new MemoryStream();
            using (var stream = entry.Open())
            {
                stream.CopyTo(memory);
            }

            using var output = to.CreateEntry(entry.FullName, level).Open();
            output.Write(change(entry.FullName, memory.ToArray()));
        }

        return path;
    }
}
