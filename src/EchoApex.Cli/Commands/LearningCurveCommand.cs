using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EchoApex.Cli.Curve;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex learning-curve</c>: one row of accuracy over training budget, on phantoms that it makes itself.</summary>
internal static class LearningCurveCommand
{
    private static readonly Option<string?> Method = new("--method") { Description = $"How the encoder is trained: {string.Join(", ", CurveMethod.All.Select(method => method.Name))}." };
    private static readonly Option<string> Level = new("--level") { Description = "Difficulty of the phantoms: easy, medium or hard.", DefaultValueFactory = _ => "easy" };
    private static readonly Option<double?> Minutes = new("--minutes") { Description = $"Budget in minutes of two cores, as a fixed number of steps each: {string.Join(", ", CurveMethod.All.Select(Rate))}." };
    private static readonly Option<int?> Steps = new("--steps") { Description = "Budget in steps instead." };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of phantoms, weights and batches.", DefaultValueFactory = _ => 0 };
    private static readonly Option<string> Out = new("--out") { Description = "Folder of the curve; rows are added to its curve.csv, curve.md and curve.png. Phantoms (data/) and runs (runs/) are kept and found again.", Required = true };
    private static readonly Option<string?> Run = new("--run") { Description = "Judge this finished run (or model folder) instead of training one." };
    private static readonly Option<double?> CpuMinutes = new("--cpu-minutes") { Description = "With --run: the CPU minutes / 2 that it took, if its folder does not say." };
    private static readonly Option<string?> Label = new("--label") { Description = "What the row is called; default: the method." };
    private static readonly Option<string[]> Set = new("--set") { Description = "Change a key of the presets curve-cpu-dino, curve-cpu-dinov2 and curve-cpu-resnet50: key=value. One or several; needs --label.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
    private static readonly Option<int> PretrainClips = new("--pretrain-clips") { Description = "Phantoms without labels.", DefaultValueFactory = _ => 6000 };
    private static readonly Option<int> TrainClips = new("--train-clips") { Description = "Labelled phantoms that fit the probes.", DefaultValueFactory = _ => 600 };
    private static readonly Option<int> ValidationClips = new("--validation-clips") { Description = "Labelled phantoms that choose their L2.", DefaultValueFactory = _ => 300 };
    private static readonly Option<int> TestClips = new("--test-clips") { Description = "Labelled phantoms that judge.", DefaultValueFactory = _ => 300 };

    public static Command Create()
    {
        var command = new Command("learning-curve", "Add one row to a learning curve on phantoms: train for a budget, judge by k-NN, linear and patch probe beside raw pixels and the untrained encoder.")
        {
            Method, Level, Minutes, Steps, Seed, Out, Run, CpuMinutes, Label, Set, PretrainClips, TrainClips, ValidationClips, TestClips,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            Execute(Options(parsed), cancellationToken);
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Execute(CurveOptions options, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureAvailable();
        var clock = Stopwatch.StartNew();
        new CurveRun(options, text => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{clock.Elapsed.TotalSeconds,5:0} s] {text}"))).Run(cancellationToken);
        Console.WriteLine();
        Console.WriteLine(File.ReadAllText(Path.Combine(options.Out, "curve.md")));
        Console.WriteLine($"{Path.Combine(options.Out, "curve.csv")}, curve.md and curve.png are up to date.");
    }

    private static CurveOptions Options(ParseResult parsed)
    {
        List<string> faults = [];
        string? run = parsed.GetValue(Run);
        var method = parsed.GetValue(Method) is { } name ? CurveMethod.Of(name) : null;
        var (minutes, steps) = (parsed.GetValue(Minutes), parsed.GetValue(Steps));
        string[] overrides = parsed.GetValue(Set)!;
        if (run is null && method is null)
        {
            faults.Add($"name what to train: --method {string.Join(" | ", CurveMethod.All.Select(known => known.Name))}, or a finished run: --run FOLDER.");
        }

        if (run is null == (minutes is null && steps is null) || (minutes is not null && steps is not null))
        {
            faults.Add("a row that is trained needs its budget, by --minutes or by --steps; a given --run has its own.");
        }

        if (minutes is not null and not (> 0 and < 1e5) || steps is < 2)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"--minutes {minutes} must be positive and --steps {steps} at least 2."));
        }

        string? label = parsed.GetValue(Label);
        if ((overrides.Length > 0 && label is null) || label?.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not (' ' or '-' or '_' or '.' or '+')) == true || (label is not null && CurveRow.IsBaselineName(label)))
        {
            faults.Add($"--label '{label}' must be given with --set, be of letters, digits, spaces and -_.+ alone, and not be a baseline's name.");
        }

        if (parsed.GetValue(Seed) < 0)
        {
            faults.Add($"--seed is {parsed.GetValue(Seed)}; it must not be negative.");
        }

        foreach (var option in new[] { PretrainClips, TrainClips, ValidationClips, TestClips }.Where(option => parsed.GetValue(option) < 12))
        {
            faults.Add($"{option.Name} is {parsed.GetValue(option)}; it must be at least 12, two of each view.");
        }

        if (!Enum.TryParse(parsed.GetValue(Level), ignoreCase: true, out PhantomDifficulty level) || !char.IsAsciiLetter(parsed.GetValue(Level)![0]))
        {
            faults.Add($"--level '{parsed.GetValue(Level)}' is not one of easy, medium, hard.");
        }

        return faults.Count > 0 ? throw new ConfigurationException("command line", faults) : new CurveOptions
        {
            Out = parsed.GetValue(Out)!,
            Level = level,
            Method = run is null ? method : null,
            Run = run,
            Seed = parsed.GetValue(Seed),
            Steps = run is not null ? 0 : steps ?? method!.StepsOf(minutes!.Value),
            Label = label ?? (run is null ? null : method?.Name),
            CpuMinutes = parsed.GetValue(CpuMinutes),
            Overrides = overrides,
            PretrainClips = parsed.GetValue(PretrainClips),
            TrainClips = parsed.GetValue(TrainClips),
            ValidationClips = parsed.GetValue(ValidationClips),
            TestClips = parsed.GetValue(TestClips),
        };
    }

    private static string Rate(CurveMethod method) => string.Create(CultureInfo.InvariantCulture, $"{method.Name} {method.StepsPerMinute:0}");
}
