using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace EchoApex.Testing;

/// <summary>Writes small MetaImage files of bytes for tests: .mhd with .raw or .zraw beside it.</summary>
public static class MetaImageWriter
{
    /// <summary>Writes NAME.mhd and NAME.raw, or NAME.zraw when packed.</summary>
    /// <param name="path">The .mhd file.</param>
    /// <param name="voxels">One byte a voxel, the first axis fastest.</param>
    /// <param name="sizes">Size of each axis.</param>
    /// <param name="spacing">Step of each axis in mm; null leaves the line out.</param>
    /// <param name="packed">Whether to pack the voxels with zlib.</param>
    public static void Write(string path, ReadOnlySpan<byte> voxels, int[] sizes, double[]? spacing, bool packed = false)
    {
        string data = Path.ChangeExtension(path, packed ? ".zraw" : ".raw");
        byte[] stored = packed ? Pack(voxels) : voxels.ToArray();
        File.WriteAllBytes(data, stored);
        File.WriteAllText(path, Header("MET_UCHAR", sizes, spacing, packed ? $"CompressedData = True\nCompressedDataSize = {stored.Length}\n" : "CompressedData = False\n", Path.GetFileName(data)));
    }

    /// <summary>The text of a header.</summary>
    public static string Header(string type, int[] sizes, double[]? spacing, string more, string dataFile) =>
        $"ObjectType = Image\nNDims = {sizes.Length}\nBinaryData = True\nBinaryDataByteOrderMSB = False\n{more}"
        + $"TransformMatrix = 1 0 0 0 1 0 0 0 1\nDimSize = {string.Join(' ', sizes)}\n"
        + (spacing is null ? "" : $"ElementSpacing = {string.Join(' ', spacing.Select(step => step.ToString(CultureInfo.InvariantCulture)))}\n")
        + $"ElementType = {type}\nElementDataFile = {dataFile}\n";

    /// <summary>Packs bytes as .zraw files are.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>A .mha file: header and voxels in one.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> voxels, string header) => [.. Encoding.ASCII.GetBytes(header), .. voxels];
}
