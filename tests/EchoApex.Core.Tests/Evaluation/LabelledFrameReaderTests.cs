using EchoApex.Core.Arrays;
using EchoApex.Core.Datasets;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Evaluation;

[NoTensorLeaks]
public sealed class LabelledFrameReaderTests : IDisposable
{
    private static readonly Preprocessing Input = new() { ImageSize = 32, Normalization = Normalization.Image };
    private TemporaryFolder _folder = null!;
    private LabelledClipList _list = null!;

    [OneTimeSetUp]
    public void MakePhantoms()
    {
        _folder = new TemporaryFolder();
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 5, Seed = 4, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 3 } });
        _list = LabelledClipList.Read(Path.Combine(_folder.File("set"), "manifest.csv"));
    }

    public void Dispose() => _folder?.Dispose();

    [Test]
    public void Read_SmallBatches_GivesEveryFrameOnceAsThePreprocessorMakesIt()
    {
        using var scope = NewDisposeScope();
        var reader = new LabelledFrameReader(_list, _list.LabelNames, Input, new LabelledFrameOptions { FramesPerClip = 2, BatchSize = 3, Pictures = true, Masks = true });
        var batches = reader.Read().ToArray();
        Assert.That(batches.Select(batch => batch.Count), Is.EqualTo(new[] { 4, 4, 2 }), "clips are not split");
        string[] names = [.. batches.SelectMany(batch => batch.Labels).Select(label => reader.LabelNames[label])];
        Assert.That(names, Is.EqualTo(_list.Clips.SelectMany(entry => new[] { entry.Label, entry.Label })));
        Assert.That(batches.SelectMany(batch => batch.Groups).Distinct(), Is.EqualTo(_list.Clips.Select(entry => entry.Path)));

        var clip = ClipReader.Open(_list.Clips[2].Path);
        var preprocessor = new ClipPreprocessor(Input);
        var expected = preprocessor.ToTensor(clip, [0, 2]);
        Assert.That(batches[1].Images[TensorIndex.Slice(0, 2)].data<float>().ToArray(), Is.EqualTo(expected.data<float>().ToArray()));
        Assert.That(batches[1].Pictures[0], Is.EqualTo(preprocessor.ToPicture(clip, 0)));
        Assert.That(batches[1].Thumbnails[0], Has.Length.EqualTo(256));
        var masks = NumpyFile.Read<byte>(_list.Clips[2].Masks!);
        Assert.That(batches[1].Masks[1], Is.EqualTo(preprocessor.ToMask(clip, masks.Values.AsSpan(2 * 64 * 64))));
        Assert.That(batches[1].Masks[1], Has.Some.EqualTo((byte)PhantomLabel.LeftVentricle));
    }

    [Test]
    public void Read_BrokenClipOrMasks_AreLeftOutAndNamed()
    {
        using var scope = NewDisposeScope();
        string bad = _folder.File("bad.dcm");
        File.WriteAllText(bad, "not a clip");
        NumpyFile.Write<byte>(_folder.File("small.npy"), [3, 8, 8], new byte[192]);
        NumpyFile.Write<byte>(_folder.File("many.npy"), [3, 64, 64], Enumerable.Repeat((byte)200, 3 * 64 * 64).ToArray());
        var good = _list.Clips[0];
        var list = LabelledClipList.Create("list", [new LabelledClip(bad, "A4C", "1"), good, good with { Masks = _folder.File("small.npy") }, good with { Masks = _folder.File("many.npy") }, good with { Masks = null }]);
        var reader = new LabelledFrameReader(list, ["A4C"], Input, new LabelledFrameOptions { Masks = true });
        var batch = reader.Read().Single();
        Assert.That(batch.Count, Is.EqualTo(4));
        Assert.That(batch.Masks.Select(mask => mask is null), Is.EqualTo(new[] { false, false, true, true }));
        Assert.That(reader.Skipped.Select(clip => clip.Path), Is.EqualTo(new[] { bad, good.Path, good.Path }));
        Assert.That(reader.Skipped[1].Reason, Does.Contain("small.npy").And.Contain("[3, 8, 8]").And.Contain("3 frames of 64 x 64"));
        Assert.That(reader.Skipped[2].Reason, Does.Contain("many.npy").And.Contain("label 200"));
    }

    [Test]
    public void Read_NoReadableClip_IsAnError()
    {
        File.WriteAllText(_folder.File("none.dcm"), "not a clip");
        var reader = new LabelledFrameReader(LabelledClipList.Create("list", [new LabelledClip(_folder.File("none.dcm"), "A4C", "1")]), ["A4C"], Input);
        Assert.That(() => reader.Read().ToArray(), Throws.TypeOf<DataException>().With.Message.Contains("None of the 1 clips of list"));
    }

    [Test]
    public void Read_LeftHalfway_DisposesWhatItHolds()
    {
        var reader = new LabelledFrameReader(_list, _list.LabelNames, Input, new LabelledFrameOptions { BatchSize = 1 });
        foreach (var batch in reader.Read())
        {
            batch.Dispose();
            break;
        }
    }
}
