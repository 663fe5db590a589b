using System.Text;
using EchoApex.Core.Arrays;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Arrays;

public sealed class NumpyFileTests
{
    [Test]
    public void Write_ThenRead_GivesTheSameArray()
    {
        using var folder = new TemporaryFolder();
        float[] values = [1, 2, 3, 4, 5, float.NegativeInfinity];
        NumpyFile.Write<float>(folder.File("a.npy"), [2, 3], values);
        var read = NumpyFile.Read<float>(folder.File("a.npy"));
        Assert.That(read.Shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(read.Values, Is.EqualTo(values));
    }

    [Test]
    public void Write_OneDimension_HasNumpysHeader()
    {
        using var folder = new TemporaryFolder();
        NumpyFile.Write<byte>(folder.File("a.npy"), [3], new byte[] { 1, 2, 3 });
        byte[] bytes = File.ReadAllBytes(folder.File("a.npy"));
        Assert.That(bytes, Has.Length.EqualTo(128 + 3));
        Assert.That(Encoding.ASCII.GetString(bytes, 10, 118), Does.StartWith("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }").And.EndWith("\n"));
    }

    [Test]
    public void Write_ValuesDoNotFillTheShape_WritesNothing()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentException>(() => NumpyFile.Write<float>(folder.File("a.npy"), [2, 3], new float[5]));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Read_OtherElementType_NamesBoth()
    {
        using var folder = new TemporaryFolder();
        NumpyFile.Write<double>(folder.File("a.npy"), [1], new double[1]);
        var error = Assert.Throws<DataException>(() => NumpyFile.Read<float>(folder.File("a.npy")));
        Assert.That(error!.Message, Does.Contain("<f8").And.Contain("<f4"));
    }

    [Test]
    public void Read_TruncatedAnywhere_IsADataException()
    {
        using var folder = new TemporaryFolder();
        NumpyFile.Write<float>(folder.File("a.npy"), [4, 4], new float[16]);
        byte[] bytes = File.ReadAllBytes(folder.File("a.npy"));
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(folder.File("b.npy"), bytes[..length]);
            Assert.Throws<DataException>(() => NumpyFile.Read<float>(folder.File("b.npy")), $"cut at {length}");
        }
    }

    [TestCase("(99999999999, 99999999999)")]
    [TestCase("(-1,)")]
    [TestCase("(1000000000,)")]
    public void Read_ShapeLargerThanTheFile_IsADataException(string shape)
    {
        using var folder = new TemporaryFolder();
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n";
        byte[] bytes = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), 0, 0, 0, 0];
        File.WriteAllBytes(folder.File("a.npy"), bytes);
        Assert.Throws<DataException>(() => NumpyFile.Read<float>(folder.File("a.npy")));
    }

    [Test]
    public void Read_FortranOrder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string header = "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }\n";
        File.WriteAllBytes(folder.File("a.npy"), [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), 0, 0, 0, 0]);
        Assert.That(() => NumpyFile.Read<float>(folder.File("a.npy")), Throws.TypeOf<DataException>().With.Message.Contains("Fortran"));
    }

    [Test]
    public void Read_VersionTwoCutInTheLength_IsADataException()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.npy"), [0x93, .. "NUMPY"u8, 2, 0, 60, 0]);
        Assert.Throws<DataException>(() => NumpyFile.Read<float>(folder.File("a.npy")));
    }

    [Test]
    public void Read_MissingFile_SaysSo() =>
        Assert.That(() => NumpyFile.Read<float>("/nowhere/a.npy"), Throws.TypeOf<DataException>().With.Message.Contains("does not exist"));
}
