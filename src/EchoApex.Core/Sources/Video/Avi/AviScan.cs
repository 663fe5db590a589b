using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Sources.Video.Avi;

/// <summary>Finds the frames of an AVI file by going from chunk to chunk, without its index.</summary>
internal static class AviScan
{
    /// <summary>The frames as they lie in the lists "movi", up to the first chunk that reaches beyond its list.</summary>
    public static IReadOnlyList<AviChunk> Read(ByteSource source, AviHeader header)
    {
        List<AviChunk> chunks = [];
        foreach (var (start, end) in header.Movies)
        {
            long position = start + 4;
            while (position + 8 <= end)
            {
                var (name, length) = AviFile.ReadHead(source, position);
                if (name == "LIST")
                {
                    // Chunks that are to be read together lie in a list "rec " of their own: go into it.
                    position += 12;
                    continue;
                }

                if (length > end - position - 8 || name.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                {
                    break;
                }

                if (header.IsFrame(name) && length <= int.MaxValue)
                {
                    chunks.Add(new AviChunk(position + 8, (int)length));
                }

                position += 8L + length + (length & 1);
            }
        }

        return chunks;
    }
}
