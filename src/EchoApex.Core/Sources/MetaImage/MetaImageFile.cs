using System.Globalization;
using System.Text;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Volumes;

namespace EchoApex.Core.Sources.MetaImage;

/// <summary>Reads the header of a MetaImage file: lines "Key = value", the last one ElementDataFile.</summary>
internal static class MetaImageFile
{
    // Headers have some 500 bytes; the rest is for comments.
    private const int LongestHeader = 1 << 16;

    public static bool HasName(string path) => Path.GetExtension(path).ToUpperInvariant() is ".MHD" or ".MHA";

    /// <summary>Whether a file's first bytes are a MetaImage header.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) =>
        (head.StartsWith("ObjectType"u8) || head.StartsWith("NDims"u8)) && head[..Math.Min(head.Length, 64)].Contains((byte)'=');

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="DataException">The file is missing, no MetaImage, damaged, or of a kind that is not read.</exception>
    public static VolumeHeader ReadHeader(string path)
    {
        byte[] head = ReadHead(path);
        var (keys, end) = Parse(path, head);
        RequireBinaryImage(path, keys);
        int axes = (int)Integer(path, keys, "NDims", 1, 10);
        long[] sizes = [.. Numbers(path, keys, "DimSize", axes).Select(size => size >= 1 && size <= int.MaxValue && size == Math.Floor(size)
            ? (long)size
            : throw Wrong(path, "DimSize", keys["DimSize"], $"{axes} whole numbers above 0"))];
        if (axes < 2)
        {
            throw Wrong(path, "NDims", keys["NDims"], "at least 2");
        }

        string typeName = Required(path, keys, "ElementType");
        string data = Required(path, keys, "ElementDataFile");
        bool isLocal = data.Equals("LOCAL", StringComparison.OrdinalIgnoreCase);
        long skip = keys.ContainsKey("HeaderSize") ? Integer(path, keys, "HeaderSize", -1, long.MaxValue / 4) : 0;
        bool packed = Flag(path, keys, "CompressedData");
        if (packed && skip < 0)
        {
            throw Wrong(path, "HeaderSize", keys["HeaderSize"], "a number of bytes, because the voxels are packed");
        }

        double slope = Number(path, keys, "ElementToIntensityFunctionSlope", 1);
        return new VolumeHeader
        {
            Path = path,
            Format = "MetaImage",
            TypeName = typeName,
            Sizes = sizes,
            Type = Type(path, typeName),
            Channels = keys.ContainsKey("ElementNumberOfChannels") ? Channels(path, keys) : 1,
            BigEndian = Flag(path, keys, keys.ContainsKey("BinaryDataByteOrderMSB") ? "BinaryDataByteOrderMSB" : "ElementByteOrderMSB"),
            Slope = slope == 0 ? 1 : slope,
            Intercept = Number(path, keys, "ElementToIntensityFunctionOffset", 0),
            Spacing = Spacing(path, keys, axes),
            DataPath = isLocal ? path : DataFile(path, data),
            DataOffset = isLocal ? end : skip,
            Compression = packed ? VolumeCompression.Zlib : VolumeCompression.None,
        }.Checked();
    }

    private static (Dictionary<string, string> Keys, int End) Parse(string path, byte[] head)
    {
        var keys = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (int start = 0, line = 1; start < head.Length; line++)
        {
            int length = Array.IndexOf(head, (byte)'\n', start) is var found and >= 0 ? found - start : head.Length - start;
            string text = Encoding.Latin1.GetString(head, start, length).Trim();
            start += length + 1;
            if (text.Length == 0)
            {
                continue;
            }

            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw new DataException(path, $"line {line} of its MetaImage header is '{Shorten(text)}', expected 'Key = value'. It is no MetaImage, or damaged.");
            }

            string key = text[..equals].Trim();
            keys[key] = text[(equals + 1)..].Trim();
            if (key.Equals("ElementDataFile", StringComparison.OrdinalIgnoreCase))
            {
                return (keys, Math.Min(start, head.Length));
            }
        }

        throw new DataException(path, "has no line 'ElementDataFile = ...' in its MetaImage header: it is cut short, or no MetaImage.");
    }

    private static void RequireBinaryImage(string path, Dictionary<string, string> keys)
    {
        if (keys.TryGetValue("ObjectType", out string? kind) && !kind.Equals("Image", StringComparison.OrdinalIgnoreCase))
        {
            throw Wrong(path, "ObjectType", kind, "Image");
        }

        if (keys.ContainsKey("BinaryData") && !Flag(path, keys, "BinaryData"))
        {
            throw Wrong(path, "BinaryData", "False", "True; save the image in binary");
        }
    }

    private static VoxelType Type(string path, string name) => name.ToUpperInvariant() switch
    {
        "MET_UCHAR" => VoxelType.UInt8,
        "MET_CHAR" => VoxelType.Int8,
        "MET_USHORT" => VoxelType.UInt16,
        "MET_SHORT" => VoxelType.Int16,
        "MET_UINT" => VoxelType.UInt32,
        "MET_INT" => VoxelType.Int32,
        "MET_ULONG_LONG" => VoxelType.UInt64,
        "MET_LONG_LONG" => VoxelType.Int64,
        "MET_FLOAT" => VoxelType.Float32,
        "MET_DOUBLE" => VoxelType.Float64,
        _ => throw Wrong(path, "ElementType", name, "MET_UCHAR, MET_CHAR, MET_USHORT, MET_SHORT, MET_UINT, MET_INT, MET_ULONG_LONG, MET_LONG_LONG, MET_FLOAT or MET_DOUBLE"),
    };

    private static int Channels(string path, Dictionary<string, string> keys) =>
        Integer(path, keys, "ElementNumberOfChannels", 1, 100) is var count and (1 or 3)
            ? (int)count
            : throw Wrong(path, "ElementNumberOfChannels", keys["ElementNumberOfChannels"], "1 or 3");

    // ElementSize is the older word; MetaIO takes millimetres where no unit is given.
    private static PixelSpacing? Spacing(string path, Dictionary<string, string> keys, int axes)
    {
        string key = keys.ContainsKey("ElementSpacing") ? "ElementSpacing" : "ElementSize";
        if (!keys.ContainsKey(key))
        {
            return null;
        }

        double mm = keys.GetValueOrDefault("DistanceUnits", "mm").ToUpperInvariant() switch
        {
            "UM" => .001,
            "CM" => 10,
            "M" => 1000,
            "MM" or "" or "?" => 1,
            _ => throw Wrong(path, "DistanceUnits", keys["DistanceUnits"], "um, mm, cm or m"),
        };
        double[] steps = [.. Numbers(path, keys, key, axes).Select(step => Math.Abs(step) * mm)];
        return steps[0] > 0 && steps[1] > 0 && double.IsFinite(steps[0]) && double.IsFinite(steps[1]) ? new PixelSpacing(steps[0], steps[1]) : null;
    }

    // A header that comes from elsewhere must not point at other folders.
    private static string DataFile(string path, string name)
    {
        if (name.Equals("LIST", StringComparison.OrdinalIgnoreCase) || name.Contains('%', StringComparison.Ordinal))
        {
            throw Wrong(path, "ElementDataFile", name, "one file; save the image with all voxels in one .raw or .zraw file");
        }

        if (Path.IsPathRooted(name) || name.Contains('\0', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal) || name.Split('/').Contains(".."))
        {
            throw Wrong(path, "ElementDataFile", name, "a file in the header's folder or below it. Put the voxels beside the header and name them without folder");
        }

        string full = Path.Combine(Path.GetDirectoryName(path) ?? "", name);
        return File.Exists(full)
            ? full
            : throw new DataException(path, $"keeps its voxels in '{name}', which does not exist beside it. Copy both files; if the voxels were renamed, correct the line ElementDataFile.");
    }

    private static bool Flag(string path, Dictionary<string, string> keys, string key) => keys.GetValueOrDefault(key, "False").ToUpperInvariant() switch
    {
        "TRUE" or "1" or "T" => true,
        "FALSE" or "0" or "F" => false,
        _ => throw Wrong(path, key, keys[key], "True or False"),
    };

    private static long Integer(string path, Dictionary<string, string> keys, string key, long least, long most)
    {
        string text = Required(path, keys, key);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
            ? value
            : throw Wrong(path, key, text, $"a whole number of {least} to {most}");
    }

    private static double Number(string path, Dictionary<string, string> keys, string key, double missing) =>
        keys.ContainsKey(key) ? Numbers(path, keys, key, 1)[0] : missing;

    private static double[] Numbers(string path, Dictionary<string, string> keys, string key, int count)
    {
        string text = Required(path, keys, key);
        string[] parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        double[] values = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !double.IsFinite(values[i]))
            {
                throw Wrong(path, key, text, $"{count} numbers");
            }
        }

        return values.Length == count ? values : throw Wrong(path, key, text, $"{count} numbers");
    }

    private static string Required(string path, Dictionary<string, string> keys, string key) =>
        keys.TryGetValue(key, out string? value) && value.Length > 0
            ? value
            : throw new DataException(path, $"has no line '{key} = ...' in its MetaImage header; it is damaged, or no MetaImage.");

    private static DataException Wrong(string path, string key, string value, string expected) =>
        new(path, $"its MetaImage header says {key} = {Shorten(value)}; expected {expected}.");

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "...";

    private static byte[] ReadHead(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException(path, "the file does not exist.");
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 12);
            byte[] head = new byte[Math.Min(LongestHeader, file.Length)];
            return head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }
}
