using System.CommandLine;
using EchoApex.Core.Arrays;
using EchoApex.Core.Embedding;
using EchoApex.Core.Runtime;
using TorchSharp;

namespace EchoApex.Cli.Commands;

/// <summary>
/// <c>echoapex embed</c>: embeddings of clips, of pictures or of prepared images. In a folder a file that cannot be read is
/// named on the standard error stream, counted and left out; only when none can be read does the command fail.
/// </summary>
internal static class EmbedCommand
{
    public static Command Create()
    {
        var input = new Argument<string>("INPUT") { Description = "A clip, a folder of clips or pictures (all levels deep), a folder of shards, or with --tensor an .npy of images." };
        var model = new Option<string>("--model") { Description = "Model folder, or run folder of echoapex pretrain.", Required = true };
        var output = new Option<string>("--out") { Description = "File to write, .npy (float32 [N, D]) or .csv (a header line e0,e1,..., then a line a row); replaced if it exists. For a folder FILE.index.csv (row,clip,frame) is written beside it.", Required = true };
        var tensor = new Option<bool>("--tensor") { Description = "INPUT is a float32 .npy [N, 3, H, W] of normalised images; no preprocessing." };
        var patches = new Option<string?>("--patches") { Description = "Write the patch tokens too: .npy, float32 [N, P, D]." };
        var batch = new Option<int>("--batch") { Description = "Images that go through the encoder at once.", DefaultValueFactory = _ => 8 };
        var frames = new Option<string>("--frames") { Description = "Frames a clip: all, or a number of frames spread evenly.", DefaultValueFactory = _ => "all" };
        var threads = new Option<int?>("--threads") { Description = "Threads of the encoder; default: libtorch's choice." };
        var command = new Command("embed", "Compute embeddings of clips. Files of a folder that cannot be read are reported and left out; it is an error only when none can be read.")
        {
            input, model, output, tensor, patches, batch, frames, threads,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = new EmbedOptions(
                parsed.GetRequiredValue(input),
                EncoderFolder.Of(parsed.GetRequiredValue(model)),
                parsed.GetRequiredValue(output),
                parsed.GetValue(patches),
                parsed.GetValue(tensor),
                parsed.GetValue(batch),
                EmbedOptions.ParseFrames(parsed.GetValue(frames)!));
            options.Validate();
            SetThreads(parsed.GetValue(threads));
            return Task.FromResult(Run(options, cancellationToken));
        });
        return command;
    }

    private static void SetThreads(int? threads)
    {
        if (threads is not { } count)
        {
            return;
        }

        if (count is < 1 or > 1024)
        {
            throw new ConfigurationException("command line", $"--threads is {count}; it must be from 1 to 1024.");
        }

        TorchRuntime.EnsureAvailable();
        torch.set_num_threads(count);
    }

    private static int Run(EmbedOptions options, CancellationToken cancellationToken)
    {
        if (!options.IsTensor && !File.Exists(options.Input) && !Directory.Exists(options.Input))
        {
            throw new DataException(options.Input, "does not exist.");
        }

        using var embedder = Embedder.Load(options.Model);
        string summary = "";
        AtomicOutput.WriteFile(options.Output, cls =>
        {
            if (options.Patches is null)
            {
                summary = Write(options, embedder, new EmbeddingOutput(cls, options.IsCsv, null), cancellationToken);
            }
            else
            {
                AtomicOutput.WriteFile(options.Patches, patches =>
                    summary = Write(options, embedder, new EmbeddingOutput(cls, options.IsCsv, patches), cancellationToken));
            }
        });
        Console.WriteLine(summary);
        return 0;
    }

    private static string Write(EmbedOptions options, Embedder embedder, EmbeddingOutput output, CancellationToken cancellationToken)
    {
        string source = "";
        if (options.IsTensor)
        {
            WriteTensor(options, embedder, output, cancellationToken);
        }
        else
        {
            source = new ClipEmbedding(options, embedder, output).Run(cancellationToken);
        }

        output.Complete();
        string patches = options.Patches is null ? "" : $"; {options.Patches}: {output.Describe(patches: true)}";
        return $"{options.Output}: {output.Describe(patches: false)}{source}{patches}";
    }

    private static void WriteTensor(EmbedOptions options, Embedder embedder, EmbeddingOutput output, CancellationToken cancellationToken)
    {
        using var reader = new NumpyRowReader<float>(options.Input);
        var shape = reader.Shape;
        if (shape.Count != 4 || shape[0] < 1 || shape[1] != embedder.Channels)
        {
            throw new DataException(options.Input, $"has shape [{string.Join(", ", shape)}], expected [N, {embedder.Channels}, H, W] with at least one image.");
        }

        int patch = embedder.PatchSize;
        if (shape[2] < patch || shape[3] < patch || shape[2] % patch != 0 || shape[3] % patch != 0)
        {
            throw new DataException(options.Input, $"holds images of {shape[2]} x {shape[3]} pixels; height and width must be multiples of the encoder's patch of {patch} pixels. Crop or resize them.");
        }

        for (long start = 0; start < shape[0]; start += options.Batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var images_BCHW = torch.empty([Math.Min(options.Batch, shape[0] - start), shape[1], shape[2], shape[3]], torch.float32);
            reader.Read(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(images_BCHW.bytes));
            output.Append(embedder.Embed(images_BCHW, options.Patches is not null));
        }
    }
}
