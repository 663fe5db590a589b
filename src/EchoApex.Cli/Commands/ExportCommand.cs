using System.CommandLine;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Export;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex export</c>: a model as ONNX, for applications without libtorch.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--onnx") { Description = "Model to write as ONNX (operator set 17): folder of an encoder or of a fine-tuned model, or run folder of echoapex pretrain or finetune.", Required = true, HelpName = "MODEL" };
        var output = new Option<string>("--out") { Description = "FILE.onnx; replaced if it exists. Ejection fraction and segmentation write FILE.encoder.onnx and FILE.decoder.onnx.", Required = true };
        var int8 = new Option<bool>("--int8") { Description = "Linear layers of the encoder in 8-bit integers with dynamic ranges: a quarter of the size, faster, less exact. ViT only." };
        var size = new Option<int?>("--image-size") { Description = "Side of the square input in pixels; default: the model's own. The file is for that size alone, the number of images is free." };
        var encoder = new Option<string?>("--base") { Description = "Model folder of the encoder, or its run folder, for adapters whose encoder was moved." };
        var command = new Command("export", "Write a model as ONNX with its preprocessing, for ONNX Runtime and other engines.") { model, output, int8, size, encoder };
        command.SetAction(parsed =>
        {
            TorchRuntime.EnsureAvailable();
            var options = new OnnxExportOptions
            {
                Quantization = parsed.GetValue(int8) ? OnnxQuantization.DynamicInt8 : OnnxQuantization.None,
                ImageSize = parsed.GetValue(size),
            };
            Print(Run(parsed.GetRequiredValue(model), EncoderFolder.OfOptional(parsed.GetValue(encoder)), parsed.GetRequiredValue(output), options));
            return 0;
        });
        return command;
    }

    private static IReadOnlyList<OnnxFileInfo> Run(string folder, string? encoder, string output, OnnxExportOptions options)
    {
        string run = Path.Combine(folder, "model");
        folder = !TaskModelFolder.Is(folder) && TaskModelFolder.Is(run) ? run : folder;
        if (TaskModelFolder.Is(folder))
        {
            using var tuned = TaskModelFolder.Load(folder, encoder);
            return TaskOnnxExporter.Export(tuned, output, options);
        }

        using var model = ModelFolder.Load(EncoderFolder.Of(folder));
        return [OnnxExporter.Export(model, output, options)];
    }

    private static void Print(IReadOnlyList<OnnxFileInfo> files)
    {
        foreach (var file in files)
        {
            Console.WriteLine($"{file.Path}: {file.Bytes:N0} bytes, {string.Join(", ", file.Inputs)} -> {string.Join(", ", file.Outputs)}");
        }
    }
}
