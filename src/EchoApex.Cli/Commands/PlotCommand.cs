using System.CommandLine;
using EchoApex.Core.Charts;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex plot</c>: the curves of a run as one PNG.</summary>
internal static class PlotCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Run folder that holds metrics.jsonl, or such a file." };
        var output = new Option<string?>("--out") { Description = "PNG to write; default: curves.png beside metrics.jsonl." };
        var smoothing = new Option<double>("--smoothing") { Description = "Weight of the past in the moving average over noisy curves, 0 to below 1.", DefaultValueFactory = _ => 0.9 };
        var command = new Command("plot", "Draw the metrics of a run into one PNG.") { run, output, smoothing };
        command.SetAction(parseResult => Run(parseResult.GetRequiredValue(run), parseResult.GetValue(output), parseResult.GetValue(smoothing)));
        return command;
    }

    private static int Run(string run, string? output, double smoothing)
    {
        if (!(smoothing >= 0 && smoothing < 1))
        {
            throw new ConfigurationException("command line", $"--smoothing {smoothing} is not in [0, 1).");
        }

        if (output is not null && !output.EndsWith(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new ConfigurationException("command line", $"--out '{output}' must end with .png.");
        }

        var metrics = MetricsFile.Read(run);
        string folder = Path.GetDirectoryName(Path.GetFullPath(metrics.Path))!;
        string target = output ?? Path.Combine(folder, "curves.png");
        RunChart.Render(metrics, Path.GetFileName(folder), smoothing).Save(target);
        if (metrics.UnreadableLines > 0)
        {
            Console.Error.WriteLine($"{metrics.UnreadableLines} of {metrics.LineCount} lines of {metrics.Path} could not be read and were left out.");
        }

        Console.WriteLine($"{target}: {metrics.Series.Count} metrics of {metrics.LineCount - metrics.UnreadableLines} lines");
        return 0;
    }
}
