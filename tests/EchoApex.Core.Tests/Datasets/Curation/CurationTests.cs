using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Datasets.Curation;

public sealed class CurationTests
{
    private const int Side = 96;

    [Test]
    public void Hash_OfCompressedAndBrighterFrame_IsNear()
    {
        byte[] frame = Grain(1, 8);
        byte[] changed = [.. frame.Select((value, i) => (byte)Math.Clamp(value + 4 + (i % 3) - 1, 1, 255))];
        var hash = PerceptualHash.Of(frame, Side, Side);
        Assert.Multiple(() =>
        {
            Assert.That(hash.Distance(PerceptualHash.Of(changed, Side, Side)), Is.LessThanOrEqualTo(PerceptualHash.NearDuplicate));
            Assert.That(hash.Distance(PerceptualHash.Of(Grain(2, 8), Side, Side)), Is.GreaterThan(40));
            Assert.That(PerceptualHash.Parse(hash.ToString()), Is.EqualTo(hash));
            Assert.That(PerceptualHash.Parse("zz"), Is.Null);
        });
    }

    [Test]
    public void Find_OfNearDuplicate_NamesTheFirst()
    {
        var index = new DuplicateIndex();
        for (int i = 0; i < 20; i++)
        {
            index.Add($"clip{i}", 6, DuplicateIndex.SignatureOf(Frames(i, 6)));
        }

        var again = DuplicateIndex.SignatureOf(Frames(7, 6, change: 3));
        Assert.Multiple(() =>
        {
            Assert.That(index.Find(6, again), Is.EqualTo("clip7"));
            Assert.That(index.Find(5, again), Is.Null, "another number of frames");
            Assert.That(index.Find(6, DuplicateIndex.SignatureOf(Frames(99, 6))), Is.Null);
        });
    }

    [Test]
    public void Split_OfPatients_HasTheSharesAndIsStable()
    {
        string[] parts = [.. Enumerable.Range(0, 4000).Select(i => PatientSplit.Of($"p{i}", "salt", 0.1, 0.2))];
        Assert.Multiple(() =>
        {
            Assert.That(parts.Count(part => part == "test") / 4000.0, Is.EqualTo(0.2).Within(0.02));
            Assert.That(parts.Count(part => part == "val") / 4000.0, Is.EqualTo(0.1).Within(0.02));
            Assert.That(PatientSplit.Of("p17", "salt", 0.1, 0.2), Is.EqualTo(parts[17]));
            Assert.That(Enumerable.Range(0, 100).Count(i => PatientSplit.Of($"p{i}", "other", 0.1, 0.2) != parts[i]), Is.GreaterThan(10), "another salt");
        });
    }

    [Test]
    public void Quality_OfClips_IsTheFormula()
    {
        byte[] still = [.. Enumerable.Range(0, 2 * 16).Select(i => (byte)(i % 2 == 0 ? 1 : 101))];
        var quality = ClipScore.Of(new SectorFrames(still, 2, 4, 4));
        Assert.Multiple(() =>
        {
            Assert.That(quality.Contrast, Is.EqualTo(1), "standard deviation 50");
            Assert.That(quality.Coverage, Is.EqualTo(0.5));
            Assert.That(quality.Motion, Is.Zero);
            Assert.That(quality.Score, Is.EqualTo(0.55));
            Assert.That(ClipScore.Of(Frames(1, 3)).Motion, Is.EqualTo(1));
        });
    }

    [Test]
    public void IsSweep_OfColumnsDrawnInTurn_TellsThemFromImages()
    {
        byte[] pixels = new byte[8 * Side * Side];
        for (int t = 0; t < 8; t++)
        {
            for (int i = 0; i < Side * Side; i++)
            {
                pixels[(t * Side * Side) + i] = (byte)(i % Side < 8 * (t + 1) ? 40 + (i * 7919 % 150) : 1);
            }
        }

        Assert.That(SweepDetector.IsSweep(new SectorFrames(pixels, 8, Side, Side)), Is.True);
        Assert.That(SweepDetector.IsSweep(Frames(1, 8)), Is.False);
    }

    private static SectorFrames Frames(int seed, int count, int change = 0)
    {
        byte[] pixels = [.. Enumerable.Range(0, count).SelectMany(t => Grain((100 * seed) + t, 8)).Select(value => (byte)Math.Min(255, value + change))];
        return new SectorFrames(pixels, count, Side, Side);
    }

    // Blocks of random gray, so that the shrunk picture keeps structure.
    private static byte[] Grain(int seed, int block)
    {
        var random = RandomStream.For((ulong)seed, "curation-test");
        int across = Side / block;
        byte[] blocks = [.. Enumerable.Range(0, across * across).Select(_ => (byte)(20 + random.NextInt32(200)))];
        return [.. Enumerable.Range(0, Side * Side).Select(i => blocks[(i / Side / block * across) + (i % Side / block)])];
    }
}
