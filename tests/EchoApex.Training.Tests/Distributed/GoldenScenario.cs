using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Testing;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.Tests.Dinov2;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>A recorded run of the reference with its batch shared out.</summary>
internal static class GoldenScenario
{
    public const string Terms = "terms.json";
    public const string Weights = "weights.safetensors";

    public static void Run(ICollective processes, string name, string folder)
    {
        using var run = new Dinov2GoldenRun(GoldenCase.Load(name), options => options with { Targets = options.Targets with { KoleoScope = KoLeoScope.AllProcesses } }, processes);
        var steps = new List<IReadOnlyDictionary<string, double>>();
        for (int i = 0; i < run.Steps.Length; i++)
        {
            steps.Add(ProcessTerms.Merge(processes, run.Step(i), TorchSharp.torch.CPU));
        }

        if (processes.Rank == 0)
        {
            File.WriteAllText(Path.Combine(folder, Terms), JsonSerializer.Serialize(steps));
            SafetensorsWriter.Write(Path.Combine(folder, Weights), run.FinalState());
        }

        processes.Barrier();
    }
}
