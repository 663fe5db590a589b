using System.CommandLine;

namespace EchoApex.Cli.Commands;

/// <summary>The commands, in the order in which help lists them.</summary>
internal static class CommandCatalog
{
    public static IEnumerable<Command> All()
    {
        yield return DoctorCommand.Create();
        yield return CollectivesCommand.Create();
        yield return InspectCommand.Create();
        yield return ConvertCommand.Create();
        yield return PhantomCommand.Create();
        yield return ImportCommand.Create();
        yield return PretrainCommand.Create();
        yield return ReplayCommand.Create();
        yield return PlotCommand.Create();
        yield return EmbedCommand.Create();
        yield return ProbeCommand.Create();
        yield return FinetuneCommand.Create();
        yield return EvaluateCommand.Create();
        yield return PredictCommand.Create();
        yield return ReportCommand.Create();
        yield return ExplainCommand.Create();
        yield return TaskTableCommand.Create();
        yield return LearningCurveCommand.Create();
        yield return DemoCommand.Create();
    }
}
