// Shape legend: B = images in a batch, S = side of the square input.
using System.Text;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using TorchSharp;

namespace EchoApex.Cli.Commands;

/// <summary>
/// Embeds one clip, or all clips below a folder. Batches are filled across clips, so that single pictures do not go through
/// the encoder one by one; memory holds one batch, whatever the length of the clips.
/// </summary>
internal sealed class ClipEmbedding(EmbedOptions options, Embedder embedder, EmbeddingOutput output)
{
    private readonly StringBuilder _index = new("row,clip,frame\n");
    private torch.Tensor? _batch_BCSS;
    private int _pending;

    /// <summary>Embeds and returns a few words on what was read.</summary>
    /// <exception cref="DataException">The clip, or every clip of the folder, cannot be read.</exception>
    public string Run(CancellationToken cancellationToken)
    {
        int side = embedder.Preprocessing.ImageSize;
        using (_batch_BCSS = torch.empty([options.Batch, embedder.Channels, side, side], torch.float32))
        {
            if (!Directory.Exists(options.Input))
            {
                Add(ClipReader.Open(options.Input), cancellationToken);
                Flush();
                return "";
            }

            string read = AddFolder(cancellationToken);
            Flush();
            AtomicOutput.WriteText(options.Index, _index.ToString());
            return read;
        }
    }

    private string AddFolder(CancellationToken cancellationToken)
    {
        int read = 0, failed = 0;
        foreach (var (name, open) in Clips())
        {
            cancellationToken.ThrowIfCancellationRequested();
            long start = output.Count + _pending;
            try
            {
                var frames = Add(open(), cancellationToken);
                AddToIndex(name, start, frames);
                read++;
            }
            catch (DataException error)
            {
                TakeBack(start);
                Console.Error.WriteLine($"left out: {error.Message}");
                failed++;
            }
        }

        if (failed > 0)
        {
            Console.Error.WriteLine($"{failed} of {read + failed} clips could not be read and were left out.");
        }

        return read > 0
            ? $" from {read} clips, {options.Index}"
            : throw new DataException(options.Input, failed == 0 ? "no clips were found in this folder." : $"none of its {failed} clips could be read.");
    }

    // The clips of a set of shards by their keys, else those below the folder by their paths in it.
    private IEnumerable<(string Name, Func<EchoClip> Open)> Clips()
    {
        if (!ShardSet.IsShardFolder(options.Input))
        {
            foreach (string path in ClipReader.EnumerateClips(options.Input))
            {
                yield return (Path.GetRelativePath(options.Input, path).Replace('\\', '/'), () => ClipReader.Open(path));
            }

            yield break;
        }

        using var set = ShardSet.Open(options.Input);
        for (int clip = 0; clip < set.Count; clip++)
        {
            int number = clip;
            yield return (set.ReadKey(clip).Key, () => set.OpenClip(number));
        }
    }

    private IReadOnlyList<int> Add(EchoClip clip, CancellationToken cancellationToken)
    {
        var frames = FrameSelection.Spread(clip.FrameCount, options.Frames);
        for (int done = 0; done < frames.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(options.Batch - _pending, frames.Count - done);
            AddToBatch(clip, [.. frames.Skip(done).Take(count)]);
            done += count;
        }

        return frames;
    }

    private void AddToBatch(EchoClip clip, int[] frames)
    {
        using var images_BCSS = embedder.Prepare(clip, frames);
        using (var place = _batch_BCSS!.narrow(0, _pending, frames.Length))
        {
            place.copy_(images_BCSS);
        }

        _pending += frames.Length;
        if (_pending == options.Batch)
        {
            Flush();
        }
    }

    private void Flush()
    {
        if (_pending > 0)
        {
            using var images_BCSS = _batch_BCSS!.narrow(0, 0, _pending);
            output.Append(embedder.Embed(images_BCSS, options.Patches is not null));
            _pending = 0;
        }
    }

    // Rows of a clip that broke halfway lie in the file, in the batch, or in both.
    private void TakeBack(long start)
    {
        _pending = (int)Math.Max(0, start - output.Count);
        output.Truncate(start);
    }

    private void AddToIndex(string name, long start, IReadOnlyList<int> frames)
    {
        if (name.AsSpan().IndexOfAny(",\"\r\n") >= 0)
        {
            name = $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        }

        for (int i = 0; i < frames.Count; i++)
        {
            _index.Append(System.Globalization.CultureInfo.InvariantCulture, $"{start + i},{name},{frames[i]}\n");
        }
    }
}
