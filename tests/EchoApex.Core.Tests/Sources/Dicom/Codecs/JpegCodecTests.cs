using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Sources.Dicom.Codecs;

namespace EchoApex.Core.Tests.Sources.Dicom.Codecs;

/// <summary>Lossless JPEG of a test-side encoder, and 12-bit JPEG written and decoded by DCMTK.</summary>
public sealed class JpegCodecTests
{
    private static IEnumerable<TestCaseData> Deep => CodecVector.Cases("jpeg12.json");

    private static int[,,] Picture(int rows, int columns, int components, int precision, ulong seed = 5)
    {
        var random = new RandomStream(seed);
        int[,,] samples = new int[rows, columns, components];
        int most = (1 << precision) - 1;
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                for (int c = 0; c < components; c++)
                {
                    // A ramp, noise in some rows, and the extremes, whose differences wrap around.
                    samples[y, x, c] = (y % 4) switch
                    {
                        0 => (int)(random.NextUInt64() % (ulong)(most + 1)),
                        1 => (x + c) % 2 == 0 ? 0 : most,
                        _ => ((x * most / columns) + (y * 7) + c) & most,
                    };
                }
            }
        }

        return samples;
    }

    private static byte[] Bytes(int[,,] samples, int precision, int pointTransform = 0) =>
        [.. samples.Cast<int>().Select(value => (value >> pointTransform) << pointTransform).SelectMany(value => precision > 8 ? new[] { (byte)value, (byte)(value >> 8) } : [(byte)value])];

    private static byte[] Decode(byte[] stream, PixelDescription description)
    {
        byte[] samples = new byte[description.DecodedLength];
        new JpegCodec().Decode(stream, description, samples);
        return samples;
    }

    [Test]
    public void Decode_OfLosslessJpeg_IsExactForEveryPredictorAndPrecision(
        [Range(1, 7)] int predictor, [Values(2, 8, 12, 16)] int precision, [Values(1, 3)] int components)
    {
        foreach (var (rows, columns) in new[] { (1, 1), (1, 9), (9, 1), (13, 11) })
        {
            var samples = Picture(rows, columns, components, precision);
            byte[] stream = LosslessJpegEncoder.Encode(samples, precision, predictor);
            Assert.That(Decode(stream, CodecVector.Describe(rows, columns, components, precision)), Is.EqualTo(Bytes(samples, precision)), $"{rows} x {columns}");
        }
    }

    [Test]
    public void Decode_OfLosslessJpegWithRestartsScansAndPointTransform_IsExact(
        [Values(0, 1, 3)] int restartRows, [Values(0, 2)] int pointTransform, [Values] bool separateScans)
    {
        var samples = Picture(12, 7, 3, 12);
        byte[] stream = LosslessJpegEncoder.Encode(samples, 12, 6, pointTransform, restartRows, separateScans);
        Assert.That(Decode(stream, CodecVector.Describe(12, 7, 3, 12)), Is.EqualTo(Bytes(samples, 12, pointTransform)));
    }

    [Test]
    public void Decode_OfLosslessYbr_ConvertsToRgb()
    {
        int[,,] samples = { { { 76, 85, 255 }, { 20, 128, 128 } } };
        byte[] stream = LosslessJpegEncoder.Encode(samples, 8, 1);
        Assert.That(Decode(stream, CodecVector.Describe(1, 2, 3, 8, "YBR_FULL")), Is.EqualTo(new byte[] { 254, 0, 0, 20, 20, 20 }));
    }

    [TestCaseSource(nameof(Deep))]
    public void Decode_Of12BitJpeg_IsWithinOneOfTheReference(object given)
    {
        var vector = (CodecVector)given;
        byte[] samples = Decode(vector.Stream, CodecVector.Describe(vector.Rows, vector.Columns, vector.Samples, 12, vector.Samples == 3 ? "YBR_FULL_422" : null));
        int worst = 0;
        for (int i = 0; i < samples.Length; i += 2)
        {
            worst = Math.Max(worst, Math.Abs(BitConverter.ToUInt16(samples, i) - BitConverter.ToUInt16(vector.Pixels, i)));
        }

        Assert.That(worst, Is.LessThanOrEqualTo(vector.Samples == 1 ? 1 : 2));
    }

    [Test]
    public void Decode_OfStreamCutAnywhere_NeverGivesTheWholePicture()
    {
        byte[] lossless = LosslessJpegEncoder.Encode(Picture(6, 7, 3, 8), 8, 4, restartRows: 2);
        var deep = (CodecVector)Deep.First().Arguments[0]!;
        foreach (var (stream, description) in new[] { (lossless, CodecVector.Describe(6, 7, 3, 8)), (deep.Stream, deep.Describe()) })
        {
            for (int length = 0; length < stream.Length - 2; length++)
            {
                byte[] cut = [.. stream[..length], 0xFF, 0xD9];
                Assert.That(() => Decode(stream[..length], description), Throws.InstanceOf<InvalidDataException>(), $"cut to {length}");

                // Huffman codes at the very end may be padding already.
                if (length < stream.Length - 4)
                {
                    Assert.That(() => Decode(cut, description), Throws.InstanceOf<InvalidDataException>(), $"cut to {length} with an end marker");
                }
            }
        }
    }

    [Test]
    public void Decode_OfMutatedStream_DecodesOrGivesOneKindOfError()
    {
        var random = new RandomStream(29);
        var deep = (CodecVector)Deep.First().Arguments[0]!;
        (byte[] Stream, PixelDescription Description)[] seeds =
        [
            (LosslessJpegEncoder.Encode(Picture(6, 7, 3, 8), 8, 4, restartRows: 2), CodecVector.Describe(6, 7, 3, 8)),
            (LosslessJpegEncoder.Encode(Picture(6, 7, 1, 16), 16, 7), CodecVector.Describe(6, 7, 1, 16)),
            (deep.Stream, deep.Describe()),
        ];
        for (int i = 0; i < 3000; i++)
        {
            var (seed, description) = seeds[i % seeds.Length];
            byte[] stream = [.. seed];
            stream[(int)(random.NextUInt64() % (ulong)stream.Length)] = (byte)random.NextUInt64();
            try
            {
                Decode(stream, description);
            }
            catch (InvalidDataException error)
            {
                Assert.That(error.Message, Does.StartWith("its "));
            }
        }
    }

    [TestCase(0xC2, 12, "progressive JPEG with 12 bits")]
    [TestCase(0xC9, 12, "arithmetic coding")]
    [TestCase(0xC5, 12, "hierarchical JPEG")]
    public void Decode_OfProcessWithoutDecoder_NamesItAndTheRemedy(byte marker, int precision, string name)
    {
        var deep = (CodecVector)Deep.First().Arguments[0]!;
        byte[] stream = [.. deep.Stream];
        int header = stream.AsSpan().IndexOf<byte>([0xFF, 0xC1]);
        (stream[header + 1], stream[header + 4]) = (marker, (byte)precision);
        Assert.That(() => Decode(stream, deep.Describe()), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(name).And.Message.Contains("dcmdjpeg"));
    }

    [Test]
    public void Open_Of16BitLosslessDicom_MapsTheStoredRange()
    {
        int[,,] samples = { { { 0 }, { 32768 }, { 65535 } } };
        byte[] file = new DicomBuilder().Image(1, 3, bits: 16).Fragments([], [LosslessJpegEncoder.Encode(samples, 16, 7)]).ToFile("1.2.840.10008.1.2.4.57");
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(new byte[] { 0, 128, 255 }));
    }

    [Test]
    public void Open_OfSigned12BitLosslessDicom_StartsAtTheLeastValue()
    {
        // -2048, 0 and 2047 as 12 stored bits.
        int[,,] samples = { { { 0x800 }, { 0 }, { 0x7FF } } };
        byte[] file = new DicomBuilder().Image(1, 3, bits: 16, stored: 12, signed: true).Fragments([], [LosslessJpegEncoder.Encode(samples, 12, 1)]).ToFile("1.2.840.10008.1.2.4.70");
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(new byte[] { 0, 128, 255 }));
    }
}
