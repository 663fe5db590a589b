using System.CommandLine;
using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex replay</c>: repeat a training step that was not finite. Exit code 1 when it does not come out the same.</summary>
internal static class ReplayCommand
{
    private const int Listed = 12;

    public static Command Create()
    {
        var capture = new Argument<string>("CAPTURE") { Description = "Folder RUN/divergence/step-NNNNNN that a diverged run has left, or the run itself: its last one." };
        var command = new Command("replay", "Repeat the step at which a run diverged and name the first value and the gradients that are not finite.") { capture };
        command.SetAction(parsed =>
        {
            TorchRuntime.EnsureAvailable();
            var report = StepReplay.Run(LastCapture(parsed.GetRequiredValue(capture)));
            Print(report);
            return report.Reproduced ? 0
                : throw new EchoApexException($"Step {report.Step} did not come out as the run saw it. Another processor or another version of libtorch sums in another order; replay on the machine of the run.");
        });
        return command;
    }

    private static string LastCapture(string folder)
    {
        string captures = Path.Combine(folder, "divergence");
        string? last = Directory.Exists(captures) ? Directory.GetDirectories(captures, "step-*").Max(StringComparer.Ordinal) : null;
        if (last is not null)
        {
            Console.WriteLine(last);
        }

        return last ?? folder;
    }

    private static void Print(StepReplayReport report)
    {
        string[] names = [.. report.Recorded.Keys.Union(report.Replayed.Keys)];
        int width = names.Append("term").Max(name => name.Length);
        Console.WriteLine($"step {report.Step}, {report.Samples.Count} samples");
        Console.WriteLine($"{"term".PadRight(width)}  {"recorded",-24}  replayed");
        foreach (string name in names)
        {
            Console.WriteLine($"{name.PadRight(width)}  {Text(report.Recorded, name),-24}  {Text(report.Replayed, name)}");
        }

        Console.WriteLine($"first non-finite term: {report.FirstNonFiniteTerm ?? "none"}");
        Print("non-finite inputs", report.NonFiniteInputs);
        Print("non-finite weights before the step", report.NonFiniteWeights);
        Print("non-finite gradients", report.NonFiniteGradients);
        if (report.NonFiniteInputs.Count > 0)
        {
            Print("samples of the batch", report.Samples);
        }

        Console.WriteLine(report.Reproduced ? "reproduced to the last bit" : "not reproduced");
    }

    private static void Print(string title, IReadOnlyList<string> names)
    {
        string more = names.Count > Listed ? $", and {names.Count - Listed} more" : "";
        Console.WriteLine(names.Count == 0 ? $"{title}: none" : $"{title} ({names.Count}): {string.Join(", ", names.Take(Listed))}{more}");
    }

    private static string Text(IReadOnlyDictionary<string, double> terms, string name) =>
        terms.TryGetValue(name, out double value) ? value.ToString("R", CultureInfo.InvariantCulture) : "-";
}
