using EchoApex.Core.Arrays;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Arrays;

public sealed class NumpyRowTests
{
    [Test]
    public void Append_RowsAndTruncate_ReadsBackAsWhatIsLeft()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.npy");
        AtomicOutput.WriteFile(path, stream =>
        {
            var writer = new NumpyRowWriter<float>(stream, [2, 2]);
            writer.Append([1, 2, 3, 4, 5, 6, 7, 8]);
            writer.Truncate(1);
            writer.Append([9, 10, 11, 12]);
            writer.Complete();
        });
        var array = NumpyFile.Read<float>(path);
        Assert.That(array.Shape, Is.EqualTo(new long[] { 2, 2, 2 }));
        Assert.That(array.Values, Is.EqualTo(new float[] { 1, 2, 3, 4, 9, 10, 11, 12 }));
        Assert.That(new FileInfo(path).Length, Is.EqualTo(128 + 32), "a header of a multiple of 64 bytes, then the elements, nothing behind");
    }

    [Test]
    public void Append_PartOfARow_IsRefused()
    {
        var writer = new NumpyRowWriter<float>(new MemoryStream(), [3]);
        Assert.That(() => writer.Append([1, 2]), Throws.ArgumentException);
    }

    [Test]
    public void Read_InParts_GivesAllRowsInOrder()
    {
        using var folder = new TemporaryFolder();
        NumpyFile.Write<float>(folder.File("a.npy"), [3, 2], new float[] { 1, 2, 3, 4, 5, 6 });
        using var reader = new NumpyRowReader<float>(folder.File("a.npy"));
        float[] rows = new float[6];
        reader.Read(rows.AsSpan(0, 4));
        reader.Read(rows.AsSpan(4));
        Assert.That((reader.RowLength, rows), Is.EqualTo((2L, new float[] { 1, 2, 3, 4, 5, 6 })));
        Assert.That(() => reader.Read(rows), Throws.TypeOf<DataException>().With.Message.Contains("ended before"));
    }

    [Test]
    public void Open_OtherTypeOrCutShort_IsOneClearError()
    {
        using var folder = new TemporaryFolder();
        NumpyFile.Write<double>(folder.File("d.npy"), [3], new double[] { 1, 2, 3 });
        Assert.That(() => new NumpyRowReader<float>(folder.File("d.npy")), Throws.TypeOf<DataException>().With.Message.Contains("<f8"));
        NumpyFile.Write<float>(folder.File("f.npy"), [300], new float[300]);
        byte[] bytes = File.ReadAllBytes(folder.File("f.npy"));
        File.WriteAllBytes(folder.File("f.npy"), bytes[..^1]);
        Assert.That(() => new NumpyRowReader<float>(folder.File("f.npy")), Throws.TypeOf<DataException>().With.Message.Contains("[300]"));
        File.Delete(folder.File("f.npy"));
    }
}
