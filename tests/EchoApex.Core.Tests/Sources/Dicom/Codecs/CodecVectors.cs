using System.Text.Json;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Dicom.Codecs;

/// <summary>A compressed picture with the samples that another decoder gave.</summary>
internal sealed record CodecVector(string Name, int Rows, int Columns, int Samples, int Bits, byte[] Stream, byte[] Pixels)
{
    /// <summary>The vectors of a file of tests/golden/codecs, by name.</summary>
    public static IEnumerable<TestCaseData> Cases(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Golden, "codecs", file)));
        foreach (var item in json.RootElement.EnumerateArray())
        {
            var vector = new CodecVector(
                item.GetProperty("name").GetString()!,
                item.GetProperty("rows").GetInt32(),
                item.GetProperty("columns").GetInt32(),
                item.GetProperty("samples").GetInt32(),
                item.GetProperty("bits").GetInt32(),
                item.GetProperty("stream").GetBytesFromBase64(),
                item.GetProperty("pixels").GetBytesFromBase64());
            yield return new TestCaseData(vector).SetArgDisplayNames(vector.Name);
        }
    }

    /// <summary>The image pixel module that fits.</summary>
    public PixelDescription Describe() => Describe(Rows, Columns, Samples, Bits);

    public static PixelDescription Describe(int rows, int columns, int samples, int bits, string? photometric = null) => new()
    {
        Rows = rows,
        Columns = columns,
        Samples = samples,
        BitsAllocated = bits > 8 ? 16 : 8,
        BitsStored = bits,
        HighBit = bits - 1,
        Signed = false,
        Planar = false,
        Photometric = photometric ?? (samples == 3 ? "RGB" : "MONOCHROME2"),
        DeclaredFrames = 1,
    };

    public override string ToString() => Name;
}
