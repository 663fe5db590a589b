using System.Text;

namespace EchoApex.Core.Tests.Sources.Video.Avi;

/// <summary>Writes AVI files chunk by chunk, right or wrong as a test wants them.</summary>
internal sealed class AviBuilder(int width, int height, string codec = "MJPG")
{
    private readonly List<(string Name, byte[] Data)> _chunks = [];

    public int DeclaredFrames { get; set; } = -1;

    /// <summary>Whether to write the index "idx1", and with which mistake.</summary>
    public string Index { get; set; } = "right";

    /// <summary>Whether to write an OpenDML index, its data spread over two RIFF chunks.</summary>
    public bool OpenDml { get; set; }

    public AviBuilder Frame(byte[] data, string name = "00dc")
    {
        _chunks.Add((name, data));
        return this;
    }

    public byte[] ToFile()
    {
        int half = OpenDml ? (_chunks.Count + 1) / 2 : _chunks.Count;
        byte[] superIndex = new byte[OpenDml ? 24 + 32 : 0];
        byte[] header = Header(superIndex);

        // Positions do not depend on the contents of the super index: write twice.
        for (int pass = 0; ; pass++)
        {
            List<(long Offset, int Length)> places = [];
            List<byte> file = [];
            var (movie, index) = (Movie(12 + header.Length, _chunks[..half], places, OpenDml), new List<byte>());
            for (int i = 0; i < half && Index != "none" && !OpenDml; i++)
            {
                var (name, data) = _chunks[i];
                long start = Index == "absolute" ? 0 : 12 + header.Length + 8;
                long offset = places[i].Offset - 8 - start + (Index == "wrong" ? 6 : 0);
                index.AddRange([.. Encoding.ASCII.GetBytes(name), .. Little(0x10), .. Little((int)offset), .. Little(data.Length)]);
            }

            if (Index == "short")
            {
                index.RemoveRange(index.Count - 32, 32);
            }

            byte[] old = index.Count > 0 ? Chunk("idx1", [.. index]) : [];
            file.AddRange(List("RIFF", "AVI ", [.. header, .. movie.Bytes, .. old]));
            if (OpenDml)
            {
                int second = file.Count;
                List<(long, int)> later = [];
                var more = Movie(second + 12, _chunks[half..], later, true);
                file.AddRange(List("RIFF", "AVIX", more.Bytes));
                superIndex[0] = 4;
                BitConverter.TryWriteBytes(superIndex.AsSpan(4), 2);
                Encoding.ASCII.GetBytes("00dc").CopyTo(superIndex, 8);
                WriteEntry(superIndex, 24, movie.Index, half);
                WriteEntry(superIndex, 40, more.Index, _chunks.Count - half);
            }

            if (!OpenDml || pass == 1)
            {
                return [.. file];
            }

            header = Header(superIndex);
        }
    }

    private static void WriteEntry(byte[] super, int place, long offset, int count)
    {
        BitConverter.TryWriteBytes(super.AsSpan(place), offset);
        BitConverter.TryWriteBytes(super.AsSpan(place + 8), 8 + 24 + (8 * count));
        BitConverter.TryWriteBytes(super.AsSpan(place + 12), count);
    }

    private byte[] Header(byte[] superIndex)
    {
        byte[] main = [.. Little(40_000), .. Little(0), .. Little(0), .. Little(0x10), .. Little(_chunks.Count), .. new byte[12], .. Little(width), .. Little(height), .. new byte[16]];
        byte[] stream =
        [
            .. "vids"u8, .. Encoding.ASCII.GetBytes(codec), .. new byte[12], .. Little(1), .. Little(25), .. Little(0),
            .. Little(DeclaredFrames < 0 ? _chunks.Count : DeclaredFrames), .. new byte[20],
        ];
        byte[] format = [.. Little(40), .. Little(width), .. Little(height), 1, 0, 24, 0, .. Encoding.ASCII.GetBytes(codec), .. new byte[20]];
        byte[] sound = List("LIST", "strl", [.. Chunk("strh", [.. "auds"u8, .. new byte[52]]), .. Chunk("strf", new byte[18])]);
        byte[] video = List("LIST", "strl", [.. Chunk("strh", stream), .. Chunk("strf", format), .. superIndex.Length > 0 ? Chunk("indx", superIndex) : []]);
        return List("LIST", "hdrl", [.. Chunk("avih", main), .. video, .. sound]);
    }

    // Chunks with a sound chunk and a filler between them, and the OpenDML index of the frames at the end.
    private static (byte[] Bytes, long Index) Movie(long position, List<(string Name, byte[] Data)> chunks, List<(long, int)> places, bool openDml)
    {
        List<byte> body = [];
        long start = position + 12;
        foreach (var (name, data) in chunks)
        {
            body.AddRange(Chunk("01wb", [1, 2, 3]));
            places.Add((start + body.Count + 8, data.Length));
            body.AddRange(Chunk(name, data));
        }

        long index = start + body.Count;
        if (openDml)
        {
            byte[] head = [2, 0, 0, 1, .. Little(chunks.Count), .. "00dc"u8, .. BitConverter.GetBytes(position), .. Little(0)];
            body.AddRange(Chunk("ix00", [.. head, .. places.SelectMany(place => (byte[])[.. Little((int)(place.Item1 - position)), .. Little(place.Item2)])]));
        }

        return (List("LIST", "movi", [.. body]), index);
    }

    private static byte[] List(string kind, string name, byte[] content) => Chunk(kind, [.. Encoding.ASCII.GetBytes(name), .. content]);

    private static byte[] Chunk(string name, byte[] data) => [.. Encoding.ASCII.GetBytes(name), .. Little(data.Length), .. data, .. data.Length % 2 == 1 ? new byte[1] : []];

    private static byte[] Little(int value) => BitConverter.GetBytes(value);
}
