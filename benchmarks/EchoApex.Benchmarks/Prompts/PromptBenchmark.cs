using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Prompts;

/// <summary>
/// Interactive segmentation with an untrained model of a size: <c>prompts [--arch vit_small_patch16] [--size 224] [--frame 600] [--rounds 30]</c>.
/// Prints the time of setting an image, of the encoder's pass within it, and of each kind of prompt on the image that is set, masks drawn
/// at the frame's size; wall time, medians and least values of alternated rounds.
/// </summary>
internal static class PromptBenchmark
{
    private const int WarmUpRounds = 3;

    public static int Run(string[] arguments)
    {
        string Option(string name, string value) => Array.IndexOf(arguments, name) is >= 0 and var i && i + 1 < arguments.Length ? arguments[i + 1] : value;
        int Number(string name, string value) => int.Parse(Option(name, value), CultureInfo.InvariantCulture);
        string architecture = Option("--arch", "vit_small_patch16");
        int size = Number("--size", "224"), frame = Number("--frame", "600"), rounds = Number("--rounds", "30");
        using var encoder = BackboneFactory.Create(BackboneArchitectures.Get(architecture, size), new RandomStream(1));
        using var head = new SegmentationHead(new SegmentationOptions(), encoder.FeatureDimension, ["left_ventricle"], new RandomStream(2));
        var clip = PhantomGenerator.Generate(new PhantomOptions { ImageSize = frame, Frames = 2, Views = [PhantomView.A4C] }, 1, 0).Clip;
        using var session = new SegmentationSession(encoder, head, new Preprocessing { ImageSize = size });
        using var images = zeros(1, 3, size, size);

        double center = frame / 2.0;
        var work = new (string Name, Action Do)[]
        {
            ("encoder alone", () => Encode(encoder, images)),
            ("set image", () => session.SetImage(clip, 1)),
            ("point", () => session.Segment(new SegmentationPrompt { Points = [new PromptPoint(center, center, true)] })),
            ("box", () => session.Segment(new SegmentationPrompt { Box = new PromptBox(center - 80, center - 80, center + 80, center + 80) })),
            ("structure by name", () => session.Segment(new SegmentationPrompt { Structure = "left_ventricle" })),
        };
        double[][] milliseconds = [.. work.Select(_ => new double[rounds])];
        for (int round = -WarmUpRounds; round < rounds; round++)
        {
            for (int i = 0; i < work.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                work[i].Do();
                if (round >= 0)
                {
                    milliseconds[i][round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }
        }

        Console.WriteLine($"{architecture}, input {size}, frame {frame} x {frame}, {get_num_threads()} threads, {rounds} rounds");
        double pass = Median(milliseconds[0]);
        for (int i = 0; i < work.Length; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{work[i].Name,-18} median {Median(milliseconds[i]),6:0.0} ms, least {milliseconds[i].Min(),6:0.0} ms, {Median(milliseconds[i]) / pass:0.00} of the encoder's pass"));
        }

        return 0;
    }

    private static void Encode(IBackbone encoder, Tensor images)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var features = encoder.Extract(images);
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
