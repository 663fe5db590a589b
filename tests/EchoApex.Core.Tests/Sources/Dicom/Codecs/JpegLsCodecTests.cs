using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom.Codecs.JpegLs;

namespace EchoApex.Core.Tests.Sources.Dicom.Codecs;

/// <summary>Streams of CharLS (generated pictures), decoded by CharLS; those with restart markers are joined from strips of one picture.</summary>
public sealed class JpegLsCodecTests
{
    private static IEnumerable<TestCaseData> Vectors => CodecVector.Cases("jpegls.json");

    private static CodecVector First(Func<CodecVector, bool> condition) =>
        Vectors.Select(data => (CodecVector)data.Arguments[0]!).First(condition);

    private static byte[] Decode(CodecVector vector, byte[]? stream = null)
    {
        var description = vector.Describe();
        byte[] samples = new byte[description.DecodedLength];
        new JpegLsCodec().Decode(stream ?? vector.Stream, description, samples);
        return samples;
    }

    [TestCaseSource(nameof(Vectors))]
    public void Decode_OfEveryKind_GivesTheReferenceSamples(object vector) =>
        Assert.That(Decode((CodecVector)vector), Is.EqualTo(((CodecVector)vector).Pixels));

    [Test]
    public void Decode_IntoWiderSamples_FillsTheHighByteWithZeros()
    {
        var vector = First(v => v is { Bits: 8, Samples: 1, Rows: 13 });
        var description = CodecVector.Describe(vector.Rows, vector.Columns, 1, 8) with { BitsAllocated = 16 };
        byte[] samples = new byte[description.DecodedLength];
        new JpegLsCodec().Decode(vector.Stream, description, samples);
        Assert.That(samples, Is.EqualTo(vector.Pixels.SelectMany(value => new byte[] { value, 0 })));
    }

    [Test]
    public void Decode_OfStreamCutAnywhere_NeverGivesTheWholePicture()
    {
        foreach (var vector in new[] { First(v => v is { Bits: 8, Samples: 3 }), First(v => v.Bits == 16), First(v => v.Name.Contains("restart")) })
        {
            // The last bytes are the end marker, which is not needed.
            for (int length = 0; length < vector.Stream.Length - 4; length++)
            {
                Assert.That(() => Decode(vector, vector.Stream[..length]), Throws.InstanceOf<InvalidDataException>(), $"{vector} cut to {length}");
            }
        }
    }

    [Test]
    public void Decode_WithWrongRestartMarker_IsRefused()
    {
        var vector = First(v => v.Name.Contains("restart"));
        byte[] stream = [.. vector.Stream];
        int marker = stream.AsSpan().IndexOf<byte>([0xFF, 0xD1]);
        stream[marker + 1] = 0xD5;
        Assert.That(() => Decode(vector, stream), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("restart marker 1"));
    }

    [Test]
    public void Decode_OfMappingTable_NamesItAndTheRemedy()
    {
        var vector = First(v => v is { Bits: 8, Samples: 1 });
        byte[] stream = [.. vector.Stream[..2], 0xFF, 0xF8, 0, 6, 2, 1, 1, 77, .. vector.Stream[2..]];
        Assert.That(() => Decode(vector, stream), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("mapping table").And.Message.Contains("dcmdjpls"));
    }

    [Test]
    public void Decode_OfColourTransformOutsideTheStandard_NamesIt()
    {
        var vector = First(v => v is { Bits: 8, Samples: 3 });
        byte[] stream = [.. vector.Stream[..2], 0xFF, 0xE8, 0, 7, (byte)'m', (byte)'r', (byte)'f', (byte)'x', 1, .. vector.Stream[2..]];
        Assert.That(() => Decode(vector, stream), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("mrfx"));
    }

    [Test]
    public void Decode_OfOtherJpegUnderTheSyntax_SaysSo()
    {
        var vector = First(v => v is { Bits: 8, Samples: 1 });
        byte[] stream = [.. vector.Stream];
        stream[stream.AsSpan().IndexOf<byte>([0xFF, 0xF7]) + 1] = 0xC3;
        Assert.That(() => Decode(vector, stream), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("FFC3"));
    }

    [Test]
    public void Decode_OfAnotherSize_IsRefused()
    {
        var vector = First(v => v is { Bits: 8, Samples: 1 });
        Assert.That(() => Decode(vector with { Rows = vector.Rows + 1 }), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("the header declares"));
    }

    [Test]
    public void Decode_OfMutatedStream_DecodesOrGivesOneKindOfError()
    {
        var random = new RandomStream(23);
        CodecVector[] vectors = [.. Vectors.Select(data => (CodecVector)data.Arguments[0]!)];
        for (int i = 0; i < 3000; i++)
        {
            var vector = vectors[i % vectors.Length];
            byte[] stream = [.. vector.Stream];
            stream[(int)(random.NextUInt64() % (ulong)stream.Length)] = (byte)random.NextUInt64();
            try
            {
                Decode(vector, stream);
            }
            catch (InvalidDataException error)
            {
                Assert.That(error.Message, Does.StartWith("its "));
            }
        }
    }

    [TestCase("1.2.840.10008.1.2.4.80")]
    [TestCase("1.2.840.10008.1.2.4.81")]
    public void Open_OfDicomFile_DecodesItsFrames(string syntax)
    {
        var (a, b) = (First(v => v.Name.EndsWith("8 bit 7x11x3 interleave 0 near 0 smooth")), First(v => v.Name.EndsWith("interleave 2 near 0 sparse")));
        byte[] file = new DicomBuilder().Image(7, 11, "RGB", 3, frames: 2).Fragments([], [a.Stream, b.Stream]).ToFile(syntax);
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new[] { a.Pixels, b.Pixels }));
    }
}
