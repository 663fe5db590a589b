using System.Text.Json;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Runs <c>echoapex finetune</c> and <c>echoapex evaluate</c> with a tiny encoder on small phantoms.</summary>
[NoTensorLeaks]
public sealed class FinetuneCommandTests : IDisposable
{
    private TemporaryFolder _folder = null!;
    private string _model = null!;

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TemporaryFolder();
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 1, Heads = 3 };
        using var backbone = BackboneFactory.Create(config, new RandomStream(1));
        _model = _folder.File("tiny");
        ModelFolder.Save(_model, backbone, new Preprocessing { ImageSize = 32, Normalization = Normalization.Image }, new ModelInfo { Name = "tiny" });
        PhantomSetWriter.Write(_folder.File("set"), new PhantomSetOptions { Count = 40, Seed = 1, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 3 } });
    }

    public void Dispose() => _folder?.Dispose();

    [TestCase("full", "encoder")]
    [TestCase("linear", "adapters.safetensors")]
    public void FinetuneThenEvaluate_Views_PrintsFiguresAndWritesFiles(string protocol, string expectedFile)
    {
        string run = _folder.File($"view-{protocol}");
        var trained = CommandLine.Run(
            "finetune", "view", "--model", _model, "--data", _folder.File("set"), "--out", run,
            "--set", "training.steps=6", "training.evaluations=2", "training.batch_size=8", "--set", $"training.protocol={protocol}");
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
        Assert.That(trained.Output, Does.Contain("task view:").And.Contains("step 6/6").And.Contains("balanced_accuracy").And.Contains("finished after 6 steps"));
        Assert.That(File.Exists(Path.Combine(run, "config.yaml")) && File.Exists(Path.Combine(run, "metrics.jsonl")));
        Assert.That(Path.Exists(Path.Combine(run, "model", expectedFile)), expectedFile);

        var judged = CommandLine.Run("evaluate", "view", "--model", run, "--data", _folder.File("set"), "--split", "test", "--out", Path.Combine(run, "test"));
        Assert.That(judged.ExitCode, Is.Zero, judged.Error);
        Assert.That(judged.Output, Does.Contain("| balanced_accuracy |").And.Contains("confusion.png"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "test", "evaluation.json")));
        Assert.That(json.RootElement.GetProperty("metrics").GetProperty("accuracy").GetProperty("value").GetDouble(), Is.InRange(0, 1));
        Assert.That(File.ReadLines(Path.Combine(run, "test", "cases.csv")).Count(), Is.GreaterThan(2));
        Assert.That(new FileInfo(Path.Combine(run, "test", "confusion.png")).Length, Is.GreaterThan(1000));
    }

    [Test]
    public void Finetune_Resume_GoesOnFromTheCheckpointOrSaysWhyNot()
    {
        string run = _folder.File("resumed");
        string[] start = ["finetune", "view", "--model", _model, "--data", _folder.File("set"), "--out", run];
        string[] options = ["--set", "training.steps=6", "--set", "training.evaluations=2", "--set", "training.batch_size=8", "--set", "training.checkpoint_every=2"];
        Assert.That(CommandLine.Run([.. start, "--resume"]).Error, Does.Contain("no such file").IgnoreCase.Or.Contain("no run to resume").Or.Contain("does not exist"));
        Assert.That(CommandLine.Run([.. start, .. options]).ExitCode, Is.Zero);
        Assert.That(Directory.Exists(Path.Combine(run, "checkpoint")), Is.False, "a complete run needs none");
        Assert.That(CommandLine.Run([.. start, "--resume"]).Error, Does.Contain("complete"));
    }

    [Test]
    public void Finetune_AdaptersAboveTheShare_AreRefusedBeforeAnythingIsWritten()
    {
        string run = _folder.File("too-large");
        var result = CommandLine.Run("finetune", "view", "--model", _model, "--data", _folder.File("set"), "--out", run, "--set", "training.protocol=adapter", "--set", "training.adapters.bottleneck=64");
        Assert.That((result.ExitCode, Directory.Exists(run)), Is.EqualTo((1, false)));
        Assert.That(result.Error, Does.Contain("allow_larger_share"));
    }

    [TestCase("nothing", "there is no task 'nothing'")]
    [TestCase("view", "input_size is 30", "--set", "input_size=30")]
    [TestCase("view", "training.stepz", "--set", "training.stepz=30")]
    public void Finetune_WrongInput_IsOneSentence(string task, string expected, params string[] more)
    {
        var result = CommandLine.Run([.. new[] { "finetune", task, "--model", _model, "--data", _folder.File("set"), "--out", _folder.File("none") }, .. more]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(expected));
        Assert.That(Directory.Exists(_folder.File("none")), Is.False);
    }

    [Test]
    public void Evaluate_WrongTaskOrSplit_IsOneSentence()
    {
        string run = _folder.File("view-for-errors");
        CommandLine.Run("finetune", "view", "--model", _model, "--data", _folder.File("set"), "--out", run, "--set", "training.steps=1", "--set", "training.batch_size=4", "--set", "training.evaluations=0");
        var split = CommandLine.Run("evaluate", "view", "--model", run, "--data", _folder.File("set"), "--split", "all");
        Assert.That(split.Error, Does.Contain("--split is 'all'"));
        var task = CommandLine.Run("evaluate", "ef", "--model", run, "--data", _folder.File("set"));
        Assert.That(task.Error, Does.Contain("was trained for the task 'view'"));
    }
}
