using System.Globalization;
using EchoApex.Training.Loop;
using Spectre.Console;

namespace EchoApex.Cli.Commands;

/// <summary>Shows a run: a bar on a terminal, a plain line every few steps elsewhere.</summary>
internal static class PretrainDisplay
{
    public static PretrainingOutcome Run(PretrainingLoop loop, int every, CancellationToken cancellationToken)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            return loop.Run(new Lines(every), cancellationToken);
        }

        PretrainingOutcome? outcome = null;
        AnsiConsole.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => outcome = loop.Run(new Bar(context.AddTask("starting")), cancellationToken));
        return outcome!;
    }

    private static string Describe(TrainingProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"step {progress.Step}/{progress.TotalSteps} epoch {progress.Epoch} loss {progress.Loss:0.0000} lr {progress.LearningRate:0.0e+0} {progress.ImagesPerSecond:0.0} images/s, {progress.Remaining:hh\\:mm\\:ss} left");

    private sealed class Lines(int every) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step % every == 0 || value.Step == value.TotalSteps)
            {
                Console.WriteLine(Describe(value));
            }

            foreach (string warning in value.Warning?.Split('\n') ?? [])
            {
                Console.WriteLine($"warning at step {value.Step}: {warning}");
            }
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            task.MaxValue = value.TotalSteps;
            task.Value = value.Step;
            task.Description = Markup.Escape(Describe(value));
            foreach (string warning in value.Warning?.Split('\n') ?? [])
            {
                AnsiConsole.MarkupLineInterpolated($"[yellow]warning at step {value.Step}:[/] {warning}");
            }
        }
    }
}
