using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Checkpoints;

[NoTensorLeaks]
public sealed class SafetensorsFileTests : IDisposable
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void Dispose() => _folder.Dispose();

    [TestCase(ScalarType.Float64)]
    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.Float16)]
    [TestCase(ScalarType.BFloat16)]
    [TestCase(ScalarType.Int64)]
    [TestCase(ScalarType.Int32)]
    [TestCase(ScalarType.Int16)]
    [TestCase(ScalarType.Int8)]
    [TestCase(ScalarType.Byte)]
    [TestCase(ScalarType.Bool)]
    public void Read_OfWhatWasWritten_GivesTheSameTensor(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var written = (arange(24, dtype: float32).reshape(2, 3, 4) % 5).to(dtype);
        string path = Write(new() { ["a.weight"] = written });
        using var file = SafetensorsFile.Open(path);
        var read = file.Read("a.weight");
        Assert.That(read.dtype, Is.EqualTo(dtype));
        Assert.That(read.shape, Is.EqualTo(new long[] { 2, 3, 4 }));
        Assert.That(read.bytes.ToArray(), Is.EqualTo(written.bytes.ToArray()));
    }

    [Test]
    public void Write_OfScalarEmptyAndStridedTensors_KeepsShapesAndValues()
    {
        using var scope = NewDisposeScope();
        var grid = arange(6, dtype: float32).reshape(2, 3);
        string path = Write(new() { ["scalar"] = tensor(3.5f), ["empty"] = zeros(0, 4), ["strided"] = grid.t(), ["ünïcode \"name\""] = grid[1] });
        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Read("scalar").item<float>(), Is.EqualTo(3.5f));
        Assert.That(file.Read("empty").shape, Is.EqualTo(new long[] { 0, 4 }));
        Assert.That(file.Read("strided").data<float>().ToArray(), Is.EqualTo(new float[] { 0, 3, 1, 4, 2, 5 }));
        Assert.That(file.Read("ünïcode \"name\"").data<float>().ToArray(), Is.EqualTo(new float[] { 3, 4, 5 }));
    }

    [Test]
    public void Write_OfMixedTypes_AlignsEveryTensorAndPadsTheHeader()
    {
        using var scope = NewDisposeScope();
        string path = Write(new() { ["a"] = ones(3, dtype: uint8), ["b"] = ones(1, dtype: float64), ["c"] = ones(3, dtype: bfloat16), ["d"] = ones(1) });
        byte[] bytes = File.ReadAllBytes(path);
        Assert.That(BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8, Is.Zero);
        Assert.That(bytes[8], Is.EqualTo((byte)'{'));
        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
        foreach (var (name, entry) in file.Tensors)
        {
            Assert.That(entry.Offset % SafetensorsDtype.Size(entry.Dtype), Is.Zero, name);
        }

        Assert.That(file.Tensors.OrderBy(pair => pair.Value.Offset).Select(pair => pair.Key), Is.EqualTo(new[] { "b", "d", "c", "a" }));
    }

    [Test]
    public void Write_OfADuplicateOrReservedName_FailsAndLeavesNothing()
    {
        using var scope = NewDisposeScope();
        string path = _folder.File("no.safetensors");
        KeyValuePair<string, Tensor> one = new("x", ones(1)), reserved = new("__metadata__", ones(1));
        Assert.That(() => SafetensorsWriter.Write(path, [one, one]), Throws.ArgumentException);
        Assert.That(() => SafetensorsWriter.Write(path, [reserved]), Throws.ArgumentException);
        Assert.That(() => SafetensorsWriter.Write(path, [new("x", ones(1, dtype: complex64))]), Throws.ArgumentException);
        Assert.That(Directory.GetFiles(_folder.Path), Is.Empty);
    }

    [Test]
    public void CopyTo_OtherTypeOrStrides_Converts()
    {
        using var scope = NewDisposeScope();
        string path = Write(new() { ["x"] = arange(6, dtype: float32).reshape(2, 3) });
        using var file = SafetensorsFile.Open(path);
        var doubles = zeros(2, 3, dtype: float64);
        file.CopyTo("x", doubles);
        Assert.That(doubles.data<double>().ToArray(), Is.EqualTo(new double[] { 0, 1, 2, 3, 4, 5 }));
        var transposed = zeros(3, 2);
        file.CopyTo("x", transposed.t());
        Assert.That(transposed.data<float>().ToArray(), Is.EqualTo(new float[] { 0, 3, 1, 4, 2, 5 }));
        using var parameter = new TorchSharp.Modules.Parameter(zeros(2, 3));
        file.CopyTo("x", parameter);
        Assert.That(parameter.data<float>().ToArray(), Is.EqualTo(new float[] { 0, 1, 2, 3, 4, 5 }));
    }

    [Test]
    public void CopyTo_WrongShapeOrName_NamesBoth()
    {
        using var scope = NewDisposeScope();
        string path = Write(new() { ["x"] = ones(2, 3) });
        using var file = SafetensorsFile.Open(path);
        Assert.That(() => file.CopyTo("x", zeros(3, 2)), Throws.TypeOf<CheckpointException>().With.Message.Contains("[2, 3], expected [3, 2]"));
        Assert.That(() => file.Read("y"), Throws.TypeOf<CheckpointException>().With.Message.Contains("'y'").And.Message.Contains("x"));
    }

    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, TestName = "Open_ShapeLargerThanPlace_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, TestName = "Open_PlaceBehindEnd_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, TestName = "Open_EndBeforeBegin_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4, TestName = "Open_NegativeOffset_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, TestName = "Open_NegativeSize_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""", 4, TestName = "Open_SizeThatOverflows_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}""", 0, TestName = "Open_EmptyShapeThatOverflows_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, TestName = "Open_FractionalSize_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, TestName = "Open_Overlap_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, TestName = "Open_Hole_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, TestName = "Open_BytesLeftOver_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, TestName = "Open_DuplicateName_Fails")]
    [TestCase("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, TestName = "Open_DuplicateField_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1]}}""", 4, TestName = "Open_NoOffsets_Fails")]
    [TestCase("""{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}""", 8, TestName = "Open_UnknownType_Fails")]
    [TestCase("""{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, TestName = "Open_NestedShape_Fails")]
    [TestCase("""{"a":[1]}""", 4, TestName = "Open_TensorThatIsAList_Fails")]
    [TestCase("""[1]""", 0, TestName = "Open_HeaderThatIsAList_Fails")]
    [TestCase("""{"__metadata__":{"k":1}}""", 0, TestName = "Open_MetadataThatIsNoText_Fails")]
    [TestCase("""{"__metadata__":{"k":{"k":{"k":{"k":{}}}}}}""", 0, TestName = "Open_DeepNesting_Fails")]
    [TestCase("""{} x""", 0, TestName = "Open_TextBehindHeader_Fails")]
    [TestCase("{\"\ud800\":1}", 0, TestName = "Open_BrokenText_Fails")]
    [TestCase("", 0, TestName = "Open_EmptyHeader_Fails")]
    public void Open_BadHeader_Fails(string header, int dataBytes)
    {
        string path = WriteRaw((ulong)Encoding.UTF8.GetByteCount(header), Encoding.UTF8.GetBytes(header), new byte[dataBytes]);
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CheckpointException>().With.Message.StartsWith(path));
    }

    [TestCase(0UL)]
    [TestCase(3UL)]
    [TestCase(1000UL)]
    [TestCase(100_000_001UL)]
    [TestCase(0x7fff_ffff_ffff_ffffUL)]
    [TestCase(0xffff_ffff_ffff_fff8UL)]
    public void Open_HeaderLengthThatLies_Fails(ulong length)
    {
        string path = WriteRaw(length, """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"""u8.ToArray(), new byte[1]);
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CheckpointException>());
    }

    [Test]
    public void Open_FileCutAnywhere_FailsWithOneError()
    {
        byte[] whole = SmallFile();
        string path = _folder.File("cut.safetensors");
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CheckpointException>(), $"cut to {length} bytes");
        }
    }

    [Test]
    public void OpenAndRead_RandomDamage_FailsWithOneErrorOrReads()
    {
        byte[] whole = SmallFile();
        var random = new RandomStream(1);
        string path = _folder.File("damaged.safetensors");
        int failures = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] bytes = [.. whole];
            for (int i = random.NextInt32(3); i >= 0; i--)
            {
                bytes[random.NextInt32(bytes.Length)] = (byte)random.NextInt32(256);
            }

            File.WriteAllBytes(path, bytes);
            failures += ReadAll(path);
        }

        Assert.That(failures, Is.GreaterThan(500));
    }

    [Test]
    public void Open_OfNoFileOrAFolder_SaysSo()
    {
        Assert.That(() => SafetensorsFile.Open(_folder.File("none")), Throws.TypeOf<CheckpointException>().With.Message.Contains("does not exist"));
        Assert.That(() => SafetensorsFile.Open(_folder.Path), Throws.TypeOf<CheckpointException>().With.Message.Contains("folder"));
    }

    // 1 when the file was refused.
    private static int ReadAll(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
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

    private byte[] SmallFile()
    {
        using var scope = NewDisposeScope();
        return File.ReadAllBytes(Write(new() { ["a"] = ones(2, 3), ["b.c"] = ones(4, dtype: int64), ["d"] = ones(5, dtype: float16) }));
    }

    private string Write(Dictionary<string, Tensor> tensors)
    {
        string path = _folder.File("x.safetensors");
        SafetensorsWriter.Write(path, tensors);
        return path;
    }

    private string WriteRaw(ulong length, byte[] header, byte[] data)
    {
        string path = _folder.File("raw.safetensors");
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        File.WriteAllBytes(path, [.. prefix, .. header, .. data]);
        return path;
    }
}
