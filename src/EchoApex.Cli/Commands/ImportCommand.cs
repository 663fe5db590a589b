using System.CommandLine;
using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex import</c>: weights of PyTorch into a model folder.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        var weights = new Argument<string>("weights") { Description = "The weights, .pth or .safetensors." };
        var from = new Option<string>("--from") { Description = $"Family of the weights: {string.Join(", ", KeyMapCatalog.All.Select(map => map.Name))}.", Required = true };
        var architecture = new Option<string>("--arch") { Description = $"Encoder: {string.Join(", ", BackboneArchitectures.Names)}.", Required = true };
        var imageSize = new Option<int?>("--image-size") { Description = "Side of the images that the weights were made for, in pixels. Default: taken from the position table." };
        var output = new Option<string>("--out") { Description = "The model folder to make.", Required = true };
        var name = new Option<string?>("--name") { Description = "Name of the model for people." };
        var mean = new Option<string?>("--mean") { Description = "Mean of red, green, blue that the weights were trained with, for instance 0.5,0.5,0.5 for timm's AugReg models. Default: ImageNet's." };
        var std = new Option<string?>("--std") { Description = "Standard deviation of red, green, blue, like --mean." };
        var command = new Command("import", "Make a model folder of weights saved by PyTorch. Nothing in the file is executed.")
        {
            weights, from, architecture, imageSize, output, name, mean, std,
        };
        command.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(output);
            var standard = new Preprocessing();
            var report = WeightsImporter.Import(new ImportOptions
            {
                Mean = Numbers("--mean", parsed.GetValue(mean)) ?? standard.Mean,
                Std = Numbers("--std", parsed.GetValue(std)) ?? standard.Std,
                From = parsed.GetRequiredValue(from),
                Weights = parsed.GetRequiredValue(weights),
                Architecture = parsed.GetRequiredValue(architecture),
                ImageSize = parsed.GetValue(imageSize),
                Output = folder,
                Name = parsed.GetValue(name),
            });
            Print(report, folder);
            return 0;
        });
        return command;
    }

    private static void Print(ImportReport report, string folder)
    {
        var (config, keys) = (report.Config, report.Keys);
        Console.WriteLine($"{config.Architecture}, {report.Parameters:N0} parameters, made for {config.ImageSize} x {config.ImageSize} pixels");
        if (config.Family == "vit")
        {
            Console.WriteLine($"LayerScale: {(config.LayerScale is null ? "no" : "yes")}, mask token: {(config.MaskToken ? "yes" : "no")}, registers: {config.Registers}");
        }

        Console.WriteLine($"{keys.Loaded.Count} keys loaded{(report.Prefix.Length > 0 ? $" from '{report.Prefix}'" : "")}{(keys.Converted.Count > 0 ? $", {keys.Converted.Count} of them converted to float32" : "")}");
        PrintNames("dropped (no part of the encoder)", keys.Dropped);
        PrintNames("not in the file, set to zero", keys.Zeroed);
        Console.WriteLine(FormattableString.Invariant($"input: mean {string.Join(' ', report.Preprocessing.Mean)}, std {string.Join(' ', report.Preprocessing.Std)} on 0..1 (--mean and --std change it; a weights file does not say)"));
        Console.WriteLine($"wrote {folder}");
    }

    private static double[]? Numbers(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        return [.. text.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new ConfigurationException("command line", $"{option}: '{part}' is not a number. Give three numbers, such as 0.5,0.5,0.5."))];
    }

    private static void PrintNames(string what, IReadOnlyList<string> names)
    {
        const int shown = 10;
        if (names.Count > 0)
        {
            Console.WriteLine($"{names.Count} keys {what}: {string.Join(", ", names.Take(shown))}{(names.Count > shown ? $" and {names.Count - shown} more" : "")}");
        }
    }
}
