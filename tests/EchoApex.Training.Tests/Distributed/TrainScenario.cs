using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.Tests.Loop;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>Short runs that must not depend on the number of processes.</summary>
internal static class TrainScenario
{
    public const int Steps = 20;

    /// <summary>
    /// Nothing in them is per process: no stochastic depth, no KoLeo. (KoLeo over all processes is exact, see <see cref="EngineScenario"/> and the
    /// golden steps; but an untrained network's features lie so close that rounding decides who is whose neighbour, and a run with it cannot be held to 1e-5.)
    /// </summary>
    public static IReadOnlyDictionary<string, PretrainingOptions> Runs { get; } = new Dictionary<string, PretrainingOptions>
    {
        ["dino"] = Shared(TinyRun.Options),
        ["dino-accumulation"] = Shared(TinyRun.Options) with { Head = TinyRun.Options.Head with { BatchNorm = false }, Optimization = Shared(TinyRun.Options).Optimization with { AccumulationSteps = 2 } },
        ["dinov2-centering"] = Shared(TinyRun.Dinov2),
        ["dinov2-sinkhorn"] = Shared(TinyRun.Dinov2Separate),

        // Twenty values a channel in its last maps: at a larger rate rounding differences grow a thousandfold in ten steps.
        ["resnet"] = Shared(TinyRun.ResNet) with { Optimization = Shared(TinyRun.ResNet).Optimization with { BatchSize = 16, LearningRate = 5e-5 } },
        ["koleo-per-process"] = Shared(TinyRun.Options) with { Targets = TinyRun.Options.Targets },
        ["drop-path"] = Shared(TinyRun.Options) with { Backbone = TinyRun.Options.Backbone },
    };

    public static PretrainingOptions Named(string name) => Runs[name];

    public static void Run(ProcessGroup group, string folder, string[] names)
    {
        foreach (string name in names)
        {
            bool resume = name.StartsWith("resume:", StringComparison.Ordinal);
            string run = resume ? name["resume:".Length..] : name;
            string path = Path.Combine(folder, run);
            int? stop = Environment.GetEnvironmentVariable("TEST_STOP") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : Steps;
            var options = Runs[run] with { Run = Runs[run].Run with { StopAfterStep = stop } };
            using var loop = new PretrainingLoop(options, path, resume, TinyRun.Data, group: group);
            loop.Run();
        }
    }

    private static PretrainingOptions Shared(PretrainingOptions options) => options with
    {
        Backbone = options.Backbone with { DropPathRate = 0 },
        Targets = options.Targets with { KoleoWeight = 0 },
        Optimization = options.Optimization with { BatchSize = 8, Epochs = 10, LearningRate = 0.002 },
        Data = options.Data with { Workers = 1 },
        Run = options.Run with { Threads = 1, LogEvery = 1, CheckpointEvery = 5, KeepCheckpoints = 2 },
    };
}
