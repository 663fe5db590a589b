using System.Buffers.Binary;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Writes the Pixel Data element, native or as encapsulated fragments, one a frame (PS3.5 A.4).</summary>
internal static class DicomPixelWriter
{
    /// <summary>All frames, compressed; the header that comes before them tells the ratio.</summary>
    public static byte[][] Compress(EchoClip clip, DicomWriteOptions options)
    {
        byte[][] frames = new byte[clip.FrameCount][];
        var jpeg = new JpegFrameEncoder(clip, options.JpegQuality);
        for (int i = 0; i < frames.Length; i++)
        {
            frames[i] = options.Encoding == DicomPixelEncoding.JpegBaseline
                ? jpeg.Encode(i)
                : RunLengthEncoder.Encode(clip.ReadFrame(i), clip.Height, clip.Width, clip.Channels);
        }

        return frames;
    }

    /// <summary>Writes the element; frames that were not compressed are read and written one at a time.</summary>
    public static void Write(DicomElementWriter writer, Stream stream, EchoClip clip, byte[][]? compressed)
    {
        const uint pixelData = 0x7FE00010;
        if (compressed is null)
        {
            long length = (long)clip.FrameCount * clip.FrameLength;
            writer.Header(pixelData, "OB", (uint)(length + (length & 1)));
            byte[] frame = new byte[clip.FrameLength];
            for (int i = 0; i < clip.FrameCount; i++)
            {
                clip.ReadFrame(i, frame);
                stream.Write(frame);
            }

            if ((length & 1) != 0)
            {
                stream.WriteByte(0);
            }

            return;
        }

        writer.Header(pixelData, "OB", DicomElementWriter.UndefinedLength);
        DicomElementWriter.WriteItem(stream, OffsetTable(compressed));
        foreach (byte[] frame in compressed)
        {
            DicomElementWriter.WriteItem(stream, frame);
        }

        DicomElementWriter.WriteDelimiter(stream, 0xFFFEE0DD, 0);
    }

    // Offset of each frame's item from the first byte after the table (PS3.5 A.4).
    private static byte[] OffsetTable(byte[][] frames)
    {
        byte[] table = new byte[4 * frames.Length];
        uint offset = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 * i), offset);
            offset = checked(offset + 8 + (uint)(frames[i].Length + (frames[i].Length & 1)));
        }

        return table;
    }
}
