using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Testing;
using EchoApex.Training.Tests.Dinov2;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>Several processes give the numbers of one with the same batch.</summary>
public sealed class EqualityTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private TemporaryFolder _one = null!;
    private static readonly string[] Methods = ["dino", "dino-accumulation", "dinov2-centering", "dinov2-sinkhorn", "resnet"];
    private static readonly string[] PerProcess = ["koleo-per-process", "drop-path"];

    [OneTimeSetUp]
    public void TrainWithOneProcess()
    {
        MpiRun.Require();
        _one = new TemporaryFolder();
        Ranks.Run(1, ["train", _one.Path, .. Methods, .. PerProcess]).RequireSuccess();
    }

    [OneTimeTearDown]
    public void Dispose() => _one?.Dispose();

    [TestCase(2)]
    [TestCase(4)]
    public void Train_SharedBatch_GivesTheLossesAndWeightsOfOneProcess(int processes)
    {
        using var several = new TemporaryFolder();
        Ranks.Run(processes, ["train", several.Path, .. Methods]).RequireSuccess();
        Assert.Multiple(() =>
        {
            foreach (string method in Methods)
            {
                double[] expected = Losses(_one.File(method)), actual = Losses(several.File(method));
                Assert.That(expected, Has.Length.EqualTo(TrainScenario.Steps));
                Assert.That(actual, Has.Length.EqualTo(TrainScenario.Steps));
                double worst = expected.Zip(actual, (a, b) => Math.Abs(a - b) / Math.Abs(a)).Max();
                double weights = WeightDifference(_one.File(method), several.File(method));
                TestContext.Out.WriteLine($"{method} on {processes} processes: losses within {worst:0.0e+0}, weights of the teacher's encoder within {weights:0.0e+0}");
                Assert.That(worst, Is.LessThan(Tolerance), method);
                Assert.That(weights, Is.LessThan(Tolerance), method);
                Assert.That(Directory.GetFiles(several.File(method), "*.jsonl"), Has.Length.EqualTo(1), "one process writes");
            }
        });
    }

    [Test]
    public void Train_WhatIsPerProcess_DoesDependOnTheirNumber()
    {
        using var two = new TemporaryFolder();
        Ranks.Run(2, ["train", two.Path, .. PerProcess]).RequireSuccess();
        foreach (string method in PerProcess)
        {
            Assert.That(Losses(two.File(method)).Zip(Losses(_one.File(method)), (a, b) => Math.Abs(a - b) / Math.Abs(b)).Max(), Is.GreaterThan(Tolerance), method);
        }
    }

    [Test]
    public void Train_ResumedWithAnotherNumberOfProcesses_GoesOnWithTheSameNumbers()
    {
        using var changed = new TemporaryFolder();
        string? before = Environment.GetEnvironmentVariable("TEST_STOP");
        Environment.SetEnvironmentVariable("TEST_STOP", "10");
        try
        {
            Ranks.Run(4, "train", changed.Path, "dinov2-centering").RequireSuccess();
        }
        finally
        {
            Environment.SetEnvironmentVariable("TEST_STOP", before);
        }

        Ranks.Run(2, "train", changed.Path, "resume:dinov2-centering").RequireSuccess();
        double[] expected = Losses(_one.File("dinov2-centering")), actual = Losses(changed.File("dinov2-centering"));
        Assert.That(actual, Has.Length.EqualTo(TrainScenario.Steps));
        Assert.That(expected.Zip(actual, (a, b) => Math.Abs(a - b) / Math.Abs(a)).Max(), Is.LessThan(Tolerance));
    }

    [Test]
    public void Golden_SharedByTwoProcesses_GivesReferenceLossesAndWeights()
    {
        const string name = "dinov2_step_centering";
        using var folder = new TemporaryFolder();
        Ranks.Run(2, "golden", name, folder.Path).RequireSuccess();
        var golden = GoldenCase.Load(name);
        var steps = JsonSerializer.Deserialize<Dictionary<string, double>[]>(File.ReadAllText(folder.File(GoldenScenario.Terms)))!;
        double worst = steps.Select((terms, step) => Dinov2TrainingGoldenTests.CompareLosses(golden, terms, step)).Max();
        TestContext.Out.WriteLine($"losses: worst |diff|/tolerance {worst:0.0000}");
        Assert.That(worst, Is.LessThanOrEqualTo(1));
        using var scope = NewDisposeScope();
        using var weights = SafetensorsFile.Open(folder.File(GoldenScenario.Weights));
        Dinov2TrainingGoldenTests.CompareFinalState(golden, weights.Tensors.Keys.ToDictionary(key => key, weights.Read));
    }

    internal static double[] Losses(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty("loss", out _)).Select(line => line.GetProperty("loss").GetDouble())];

    // Without influence on the loss, so with no gradient but rounding, of which AdamW makes steps: the keys' third of qkv.bias, and the last
    // normalization's bias before a head with BatchNorm.
    private static double WeightDifference(string one, string several)
    {
        using var scope = NewDisposeScope();
        using var expected = SafetensorsFile.Open(Path.Combine(one, "model", "model.safetensors"));
        using var actual = SafetensorsFile.Open(Path.Combine(several, "model", "model.safetensors"));
        double difference = 0, length = 0;
        foreach (string key in expected.Tensors.Keys.Where(key => !key.EndsWith("qkv.bias", StringComparison.Ordinal) && key != "norm.bias" && !key.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            var (a, b) = (expected.Read(key).to(float64), actual.Read(key).to(float64));
            difference += (a - b).square().sum().item<double>();
            length += a.square().sum().item<double>();
        }

        return Math.Sqrt(difference / length);
    }
}
