using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.Tests.Loop;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>What goes wrong on process 1.</summary>
internal static class FaultScenario
{
    public static void Run(ProcessGroup group, string fault, string folder)
    {
        bool second = group.Collective.Rank == 1;
        var options = TrainScenario.Named("dino");
        if (fault == "configuration" && second)
        {
            options = options with { Backbone = options.Backbone with { Depth = 3 }, Seed = 5 };
        }

        if (fault == "divergence")
        {
            options = options with { Optimization = options.Optimization with { LearningRate = 99, LearningRateRule = "constant", ClipGradient = 0, WarmupEpochs = 0 } };
        }

        using var loop = new PretrainingLoop(options, Path.Combine(folder, "run"), resume: false, TinyRun.Data, group: group);
        loop.Run(second ? new Failing(fault) : fault == "late" ? new Impatient(group.Watch) : null);
    }

    // Only once all have started, which may take long on a busy machine.
    private sealed class Impatient(CollectiveWatch watch) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => watch.Timeout = TimeSpan.FromSeconds(6);
    }

    private sealed class Failing(string fault) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step != 3)
            {
                return;
            }

            switch (fault)
            {
                case "late":
                    Thread.Sleep(TimeSpan.FromMinutes(2));
                    break;
                case "killed":
                    System.Diagnostics.Process.GetCurrentProcess().Kill();
                    break;
                case "exception":
                    throw new DataException("clip7.dcm", "its disk is gone.");
            }
        }
    }
}
