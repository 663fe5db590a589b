using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Video;

/// <summary>
/// Writes a clip as a Motion JPEG AVI file (RIFF, one video stream, index "idx1") at the clip's frame rate. Gray clips get
/// gray JPEG frames. Equal clip and options give equal bytes. An AVI file has one frame interval: the clip's median one.
/// </summary>
public static class AviClipWriter
{
    // A RIFF chunk's size field has 32 bits; many readers take it as signed.
    private const long LongestFile = int.MaxValue;
    private const uint HasIndex = 0x10;
    private const uint KeyFrame = 0x10;

    /// <summary>Writes a clip whole or not at all.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="clip">The clip.</param>
    /// <param name="options">How to write; null takes the defaults.</param>
    /// <exception cref="EchoApexException">The file would be longer than 2 GiB.</exception>
    /// <exception cref="DataException">A frame of the clip cannot be decoded.</exception>
    /// <exception cref="ConfigurationException">An option is out of its range.</exception>
    public static void Write(string path, EchoClip clip, AviWriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        AtomicOutput.WriteFile(path, stream => Write(stream, clip, options));
    }

    /// <summary>Writes a clip to a seekable stream at position 0; see <see cref="Write(string, EchoClip, AviWriteOptions?)"/>.</summary>
    public static void Write(Stream stream, EchoClip clip, AviWriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(clip);
        options ??= new AviWriteOptions();
        OptionsValidator.Validate(options, "AVI writer");
        if (clip.Width > ushort.MaxValue || clip.Height > ushort.MaxValue)
        {
            throw new EchoApexException($"Frames of {clip.Width} x {clip.Height} do not fit into an AVI file (65,535 pixels a side).");
        }

        double rate = clip.FramesPerSecond ?? options.FallbackFramesPerSecond;
        uint intervalMicroseconds = (uint)Math.Clamp(Math.Round(1e6 / rate), 1, int.MaxValue);
        var riff = new Chunks(stream);
        long file = riff.BeginList("RIFF", "AVI ");
        long header = riff.BeginList("LIST", "hdrl");
        long largestFramePlace = WriteHeaders(riff, clip, intervalMicroseconds);
        riff.End(header);

        long movie = riff.BeginList("LIST", "movi");
        long movieData = stream.Position - 4;
        var encoder = new JpegFrameEncoder(clip, options.JpegQuality);
        var (offsets, lengths) = (new uint[clip.FrameCount], new uint[clip.FrameCount]);
        for (int i = 0; i < clip.FrameCount; i++)
        {
            byte[] frame = encoder.Encode(i);
            if (stream.Position + frame.Length + (16L * clip.FrameCount) > LongestFile)
            {
                throw new EchoApexException($"{clip.FrameCount} frames of {clip.Width} x {clip.Height} do not fit into an AVI file of 2 GiB. Write fewer frames or a lower quality.");
            }

            // Offsets count from the word "movi", as most writers do and all readers accept.
            (offsets[i], lengths[i]) = ((uint)(stream.Position - movieData), (uint)frame.Length);
            long chunk = riff.Begin("00dc");
            stream.Write(frame);
            riff.End(chunk);
        }

        riff.End(movie);
        WriteIndex(riff, offsets, lengths);
        riff.End(file);
        long end = stream.Position;
        foreach (long place in new[] { largestFramePlace, largestFramePlace + Chunks.StreamHeaderDistance })
        {
            stream.Position = place;
            riff.Number(lengths.Max());
        }

        stream.Position = end;
    }

    // Returns the place of the main header's suggested buffer size, filled in when the largest frame is known.
    private static long WriteHeaders(Chunks riff, EchoClip clip, uint intervalMicroseconds)
    {
        uint frames = (uint)clip.FrameCount;
        long main = riff.Begin("avih");
        riff.Numbers(intervalMicroseconds, 0, 0, HasIndex, frames, 0, 1);
        long largestFramePlace = riff.Position;
        riff.Numbers(0, (uint)clip.Width, (uint)clip.Height, 0, 0, 0, 0);
        riff.End(main);

        long streamList = riff.BeginList("LIST", "strl");
        long streamHeader = riff.Begin("strh");
        riff.Code("vids");
        riff.Code("MJPG");
        riff.Numbers(0, 0, 0, intervalMicroseconds, 1_000_000, 0, frames);
        if (riff.Position - largestFramePlace != Chunks.StreamHeaderDistance)
        {
            throw new InvalidOperationException("The AVI headers have an unexpected layout.");
        }

        riff.Numbers(0, uint.MaxValue, 0, 0);
        riff.Shorts(checked((ushort)clip.Width), checked((ushort)clip.Height));
        riff.End(streamHeader);

        long format = riff.Begin("strf");
        riff.Numbers(40, (uint)clip.Width, (uint)clip.Height);
        riff.Shorts(1, 24);
        riff.Code("MJPG");
        riff.Numbers((uint)(clip.Width * clip.Height * 3), 0, 0, 0, 0);
        riff.End(format);
        riff.End(streamList);
        return largestFramePlace;
    }

    private static void WriteIndex(Chunks riff, uint[] offsets, uint[] lengths)
    {
        long index = riff.Begin("idx1");
        for (int i = 0; i < offsets.Length; i++)
        {
            riff.Code("00dc");
            riff.Numbers(KeyFrame, offsets[i], lengths[i]);
        }

        riff.End(index);
    }

    // RIFF chunks: four characters, the length, the data, one byte of padding when the length is odd.
    private sealed class Chunks(Stream stream)
    {
        // From the main header's suggested buffer size to the stream header's.
        public const long StreamHeaderDistance = 84;

        public long Position => stream.Position;

        public long Begin(string code)
        {
            Code(code);
            Number(0);
            return stream.Position;
        }

        public long BeginList(string code, string type)
        {
            long start = Begin(code);
            Code(type);
            return start;
        }

        public void End(long start)
        {
            long length = stream.Position - start;
            if ((length & 1) != 0)
            {
                stream.WriteByte(0);
            }

            long end = stream.Position;
            stream.Position = start - 4;
            Number((uint)length);
            stream.Position = end;
        }

        public void Code(string code) => stream.Write(Encoding.ASCII.GetBytes(code));

        public void Number(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            stream.Write(bytes);
        }

        public void Numbers(params ReadOnlySpan<uint> values)
        {
            foreach (uint value in values)
            {
                Number(value);
            }
        }

        public void Shorts(params ReadOnlySpan<ushort> values)
        {
            Span<byte> bytes = stackalloc byte[2];
            foreach (ushort value in values)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
                stream.Write(bytes);
            }
        }
    }
}
