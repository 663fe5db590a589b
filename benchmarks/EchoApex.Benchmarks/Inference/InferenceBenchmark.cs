using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Benchmarks.Forward;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Inference;

/// <summary>
/// Encoders on the CPU, all ways alternated in one run: the network as it is, prepared in float32 and bfloat16, ONNX Runtime on the
/// exported graph in float32 and dynamic int8; then cold processes to the first answer. Prints Markdown.
/// Arguments: --rounds N (20), --threads N (2), --architectures A,B, --cold N (5).
/// </summary>
internal static class InferenceBenchmark
{
    private const int Side = 224;

    public static int Run(string[] arguments)
    {
        if (arguments is ["--cold-child", var way, var folder, var childThreads])
        {
            ColdChild(way, folder, Number(childThreads));
            return 0;
        }

        int rounds = Number(Option(arguments, "--rounds", "20")), threads = Number(Option(arguments, "--threads", "2")), cold = Number(Option(arguments, "--cold", "5"));
        TorchRuntime.EnsureAvailable();
        set_num_threads(threads);
        using var noGradient = no_grad();
        Console.WriteLine($"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {threads} threads, {rounds} alternated rounds");
        string work = Directory.CreateTempSubdirectory("echoapex-inference").FullName;
        try
        {
            foreach (string architecture in Option(arguments, "--architectures", "vit_small_patch16,resnet50").Split(','))
            {
                Compare(architecture, Path.Combine(work, architecture), rounds, threads);
                Cold(Path.Combine(work, architecture), cold, threads);
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        return 0;
    }

    private static void Compare(string architecture, string folder, int rounds, int threads)
    {
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get(architecture, Side), new RandomStream(1));
        Calm(backbone);
        backbone.Module.eval();
        var preprocessing = new Preprocessing { ImageSize = Side };
        ModelFolder.Save(folder, backbone, preprocessing, new ModelInfo { Name = architecture });
        string plain = Path.Combine(folder, "fp32.onnx"), bytes = Path.Combine(folder, "int8.onnx");
        OnnxExporter.Export(backbone, preprocessing, architecture, plain);
        bool quantizes = backbone.Config.Family == "vit";
        if (quantizes)
        {
            OnnxExporter.Export(backbone, preprocessing, architecture, bytes, new OnnxExportOptions { Quantization = OnnxQuantization.DynamicInt8 });
        }

        using var options = new SessionOptions { IntraOpNumThreads = threads };
        using var session = new InferenceSession(plain, options);
        using var quantized = quantizes ? new InferenceSession(bytes, options) : null;
        using var single = InferenceModel.Prepare(backbone);
        using var half = InferenceModel.Prepare(backbone, new InferenceOptions { Precision = Precision.Bf16 });
        Console.WriteLine($"\n## {architecture}, {Side} x {Side}\n\n{single.Report.Summary}\n");
        Console.WriteLine("| batch | way | best ms | median ms | CPU ms (20th percentile) | best / ONNX Runtime | median / ONNX Runtime | CPU / ONNX Runtime | cosine of cls |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (int batch in new[] { 1, 8 })
        {
            using var images = randn(batch, 3, Side, Side);
            NamedOnnxValue[] input = [NamedOnnxValue.CreateFromTensor("images", new DenseTensor<float>(images.data<float>().ToArray(), [batch, 3, Side, Side]))];
            float[] Ask(InferenceSession asked)
            {
                using var results = asked.Run(input, ["cls", "patches"]);
                return results[0].AsTensor<float>().ToArray();
            }

            float[] Encode(IBackbone encoder)
            {
                using var features = encoder.Extract(images);
                using var cls = features.Cls.contiguous();
                return cls.data<float>().ToArray();
            }

            List<(string Name, Func<float[]> Act)> ways =
            [
                ("ONNX Runtime fp32", () => Ask(session)),
                ("EchoApex, not prepared", () => Encode(backbone)),
                ("EchoApex prepared fp32", () => Encode(single)),
                ("EchoApex prepared bf16", () => Encode(half)),
            ];
            if (quantized is not null)
            {
                ways.Add(("ONNX Runtime int8", () => Ask(quantized)));
            }

            Report(batch, ways, rounds);
        }
    }

    // Gains of 1e-5 hide what blocks do, and random residual branches overflow: weights as a trained network has them.
    private static void Calm(IBackbone backbone)
    {
        foreach (var (name, parameter) in backbone.Module.named_parameters())
        {
            if (name.EndsWith("gamma", StringComparison.Ordinal))
            {
                nn.init.constant_(parameter, 0.5);
            }
            else if (name.EndsWith("bn3.weight", StringComparison.Ordinal))
            {
                nn.init.constant_(parameter, 0.2);
            }
        }
    }

    private static void Report(int batch, List<(string Name, Func<float[]> Act)> ways, int rounds)
    {
        var times = ways.ToDictionary(way => way.Name, _ => (Wall: new List<double>(), Cpu: new List<double>()));
        float[][] answers = [.. ways.Select(way => way.Act())];
        ways.ForEach(way => way.Act());
        for (int round = 0; round < rounds; round++)
        {
            foreach (var (name, act) in round % 2 == 0 ? ways : Enumerable.Reverse(ways))
            {
                double cpu = ProcessUsage.CpuMilliseconds();
                long start = Stopwatch.GetTimestamp();
                act();
                times[name].Wall.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                times[name].Cpu.Add(ProcessUsage.CpuMilliseconds() - cpu);
            }
        }

        var reference = times[ways[0].Name];
        for (int i = 0; i < ways.Count; i++)
        {
            var (wall, cpu) = times[ways[i].Name];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {batch} | {ways[i].Name} | {wall.Min():0.0} | {Part(wall, .5):0.0} | {Part(cpu, .2):0.0} | {wall.Min() / reference.Wall.Min():0.00} | {Part(wall, .5) / Part(reference.Wall, .5):0.00} | {Part(cpu, .2) / Part(reference.Cpu, .2):0.00} | {Cosine(answers[i], answers[1]):0.00000} |"));
        }
    }

    private static void Cold(string folder, int count, int threads)
    {
        string[] ways = ["onnx", "prepared", "plain"];
        var times = ways.ToDictionary(way => way, _ => new List<ColdTimes>());
        for (int i = 0; i < count; i++)
        {
            foreach (string way in i % 2 == 0 ? ways : Enumerable.Reverse(ways))
            {
                long start = Stopwatch.GetTimestamp();
                string[] parts = ChildProcess.Run("inference", "--cold-child", way, folder, threads.ToString(CultureInfo.InvariantCulture)).Split();
                times[way].Add(new ColdTimes(Stopwatch.GetElapsedTime(start).TotalMilliseconds, Milliseconds(parts[0]), Milliseconds(parts[1])));
            }
        }

        if (count > 0)
        {
            Console.WriteLine("\n| cold process at batch 1 | whole process, best ms | median ms | / ONNX Runtime | load, best ms | / ONNX Runtime | first inference, best ms | median ms | / ONNX Runtime | / ONNX Runtime, medians |\n|---|---|---|---|---|---|---|---|---|---|");
            foreach (string way in ways)
            {
                double Best(string of, Func<ColdTimes, double> part) => times[of].Min(part);
                double Median(string of, Func<ColdTimes, double> part) => Part([.. times[of].Select(part)], .5);
                double Ratio(Func<ColdTimes, double> part) => Best(way, part) / Best("onnx", part);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {way} | {Best(way, t => t.Whole):0} | {Median(way, t => t.Whole):0} | {Ratio(t => t.Whole):0.00} | {Best(way, t => t.Load):0} | {Ratio(t => t.Load):0.00} | {Best(way, t => t.First):0.0} | {Median(way, t => t.First):0.0} | {Ratio(t => t.First):0.00} | {Median(way, t => t.First) / Median("onnx", t => t.First):0.00} |"));
            }
        }
    }

    // Prints what loading took and what the first inference took after it, in ms.
    private static void ColdChild(string way, string folder, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        if (way == "onnx")
        {
            using var options = new SessionOptions { IntraOpNumThreads = threads };
            using var session = new InferenceSession(Path.Combine(folder, "fp32.onnx"), options);
            var input = NamedOnnxValue.CreateFromTensor("images", new DenseTensor<float>(new float[3 * Side * Side], [1, 3, Side, Side]));
            Report(start, () => session.Run([input]).Dispose());
            return;
        }

        using var model = ModelFolder.Load(folder);
        set_num_threads(threads);
        using var prepared = way == "prepared" ? InferenceModel.Prepare(model.Backbone) : null;
        using var noGradient = no_grad();
        using var images = zeros(1, 3, Side, Side);
        Report(start, () => ((IBackbone?)prepared ?? model.Backbone).Extract(images).Dispose());
    }

    private static void Report(long start, Action infer)
    {
        double load = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        long asked = Stopwatch.GetTimestamp();
        infer();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{load:0.000} {Stopwatch.GetElapsedTime(asked).TotalMilliseconds:0.000}"));
    }

    private static double Milliseconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private sealed record ColdTimes(double Whole, double Load, double First);

    private static double Part(List<double> values, double share) => values.Order().ElementAt((int)(values.Count * share));

    private static double Cosine(float[] a, float[] b)
    {
        double product = 0, first = 0, second = 0;
        for (int i = 0; i < a.Length; i++)
        {
            (product, first, second) = (product + ((double)a[i] * b[i]), first + ((double)a[i] * a[i]), second + ((double)b[i] * b[i]));
        }

        return product / Math.Sqrt(first * second);
    }

    private static string Option(string[] arguments, string name, string fallback)
    {
        int place = Array.IndexOf(arguments, name);
        return place >= 0 && place + 1 < arguments.Length ? arguments[place + 1] : fallback;
    }

    private static int Number(string value) => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
}
