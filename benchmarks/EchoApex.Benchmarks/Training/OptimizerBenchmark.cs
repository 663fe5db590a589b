using System.Diagnostics;
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using AdamW = EchoApex.Training.Optimization.AdamW;

namespace EchoApex.Benchmarks.Training;

/// <summary>Clipping, AdamW and the teacher's average of a ViT-S with its head, on gradients that are already there.</summary>
internal static class OptimizerBenchmark
{
    private const int Rounds = 20;

    public static void Run(PretrainingOptions options)
    {
        using var pair = SelfDistillationNetworks.CreatePair(options);
        var config = options.Backbone.ToConfig(options.Stage, forTeacher: false);
        var groups = ParameterGroups.Dinov2(pair.Student.NamedParameters().Where(named => named.Name.StartsWith("backbone.", StringComparison.Ordinal)), config.Depth, 0.9, 0.2);
        using var parameters = new FlatParameters(groups);
        using var optimizer = new AdamW(parameters);
        using var average = new TeacherUpdate(pair, parameters);
        foreach (var group in parameters.Groups)
        {
            group.Gradients.FillInPlace(1e-2);
        }

        var times = new List<(double Clip, double Step, double Average)>();
        for (int round = 0; round < Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            GradientClipping.ClipEachModule(parameters, 3);
            double clip = clock.Elapsed.TotalMilliseconds;
            optimizer.Step(new OptimizerStep(1e-3, 0.04));
            double step = clock.Elapsed.TotalMilliseconds;
            average.Apply(0.99);
            times.Add((clip, step - clip, clock.Elapsed.TotalMilliseconds - step));
        }

        var (bestClip, bestStep, bestAverage) = times.MinBy(time => time.Clip + time.Step + time.Average);
        StepBenchmark.Print("");
        StepBenchmark.Print(
            $"Clipping, AdamW and teacher average of {config.Architecture} ({parameters.Count / 1e6:0.0} million parameters): {bestClip:0.0} + {bestStep:0.0} + {bestAverage:0.0} = {bestClip + bestStep + bestAverage:0.0} ms, the best of {Rounds}.");
    }
}
