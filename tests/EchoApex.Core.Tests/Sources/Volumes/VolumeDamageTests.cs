using System.Text;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.MetaImage;
using EchoApex.Core.Sources.Nifti;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Volumes;

/// <summary>Damaged NIfTI and MetaImage files give one kind of error, without large allocations.</summary>
public sealed class VolumeDamageTests
{
    private const long MostAllocated = 4 << 20;
    private static readonly int[] Sizes = [16, 16, 3];
    private static readonly byte[] Voxels = [.. Enumerable.Range(0, 768).Select(i => (byte)(i / 5))];

    private static IEnumerable<TestCaseData> Files()
    {
        var text = MetaImageWriter.Header("MET_UCHAR", Sizes, [.5, .5, 1], "", "LOCAL");
        var packedText = MetaImageWriter.Header("MET_UCHAR", Sizes, [.5, .5, 1], "CompressedData = True\n", "LOCAL");
        yield return Case("clip.nii", NiftiWriter.Encode(Voxels, Sizes), 352);
        yield return Case("clip.nii", NiftiWriter.Encode(Voxels, Sizes, new() { Second = true, BigEndian = true }), 544);
        yield return Case("clip.nii.gz", NiftiWriter.Pack(NiftiWriter.Encode(Voxels, Sizes)), 100);
        yield return Case("clip.mha", MetaImageWriter.Encode(Voxels, text), text.Length);
        yield return Case("clip.mha", MetaImageWriter.Encode(MetaImageWriter.Pack(Voxels), packedText), packedText.Length);
    }

    private static TestCaseData Case(string name, byte[] bytes, int header) => new TestCaseData(name, bytes, header).SetArgDisplayNames($"{name} {bytes.Length}");

    private static IClipSource Source(string name) => name.EndsWith(".mha", StringComparison.Ordinal) ? new MetaImageClipSource() : new NiftiClipSource();

    [TestCaseSource(nameof(Files))]
    public void Open_OfFileCutAnywhere_GivesOneClearError(string name, byte[] bytes, int header)
    {
        _ = header;
        using var folder = new TemporaryFolder();
        string path = folder.File(name);
        File.WriteAllBytes(path, bytes);
        Assert.That(Source(name).Open(path).FrameCount, Is.EqualTo(3));

        // The last bytes of a packed file are its end mark and check sum: its voxels are whole without them.
        for (int length = 0; length < bytes.Length - 10; length++)
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.That(() => Source(name).Open(path), Throws.InstanceOf<DataException>(), $"cut to {length} of {bytes.Length} bytes");
        }
    }

    [TestCaseSource(nameof(Files))]
    public void Open_OfMutatedFile_ReadsItOrGivesOneClearError(string name, byte[] bytes, int header)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(name);
        var random = new RandomStream(19);
        var source = Source(name);
        for (int i = 0; i < 1500; i++)
        {
            byte[] mutated = [.. bytes];
            for (int change = random.NextInt32(4); change >= 0; change--)
            {
                // Headers are where damage matters.
                int place = random.NextInt32(random.NextBoolean(.8) ? Math.Min(header, bytes.Length) : bytes.Length);
                mutated[place] = random.NextInt32(4) switch { 0 => 0xFF, 1 => (byte)('0' + random.NextInt32(10)), _ => (byte)random.NextUInt64() };
            }

            File.WriteAllBytes(path, mutated);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var clip = source.Open(path);
                clip.ReadFrame(clip.FrameCount - 1);
            }
            catch (DataException error)
            {
                Assert.That(error.Message, Does.StartWith(path + ": "), $"mutation {i}");
            }

            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostAllocated), $"mutation {i}: {Encoding.Latin1.GetString(mutated, 0, Math.Min(200, mutated.Length))}");
        }
    }

    [Test]
    public void Open_OfRandomBytes_GivesOneClearError()
    {
        using var folder = new TemporaryFolder();
        var random = new RandomStream(23);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = new byte[3 * i];
            for (int k = 0; k < bytes.Length; k++)
            {
                bytes[k] = (byte)random.NextUInt64();
            }

            string path = folder.File("clip");
            File.WriteAllBytes(path, bytes);
            Assert.That(() => new NiftiClipSource().Open(path), Throws.InstanceOf<DataException>());
            Assert.That(() => new MetaImageClipSource().Open(path), Throws.InstanceOf<DataException>());
        }
    }
}
