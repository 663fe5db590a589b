using System.Globalization;
using System.Text.RegularExpressions;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>The table of tasks at its smallest: every row of every task is made by its own process, nothing is learnt.</summary>
[Category("Integration")]
public sealed class TaskTableCommandTests
{
    private static readonly string[] Small = ["--scale", "0.005", "--seeds", "1", "--jobs", "2"];

    [Test]
    public void TaskTable_AllTasks_MakesEveryRowOnceAndDrawsTables()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("table"), encoder = Encoder(folder);
        Run("--out", output, "--encoder", encoder, "--tasks", "view", "--budgets", "2", "1");
        string[] views = ["view-adapter-0", "view-frozen-0", "view-full-0", "view-full-n1-0", "view-full-x2-0", "view-random-0", "view-random-n1-0", "view-specialist-0", "view-specialist-x2-0"];
        Assert.That(Rows(output), Is.EqualTo(views));
        var text = File.ReadAllText(Path.Combine(output, "tasks.md"));
        Assert.That(text, Does.Contain("### view\n").And.Contain("| pretrained, frozen | 1 |").And.Contain("### Few-shot views").And.Contain("### view over the budget, seed 0\n\n| model | figure | 1 x | 2 x |"));
        Assert.That(Pictures(output), Is.EqualTo(new[] { "few-shot.png", "view-budget.png", "view.png" }));

        int Steps(string variant) => int.Parse(File.ReadLines(Path.Combine(output, "tasks.csv")).First(line => line.StartsWith($"view,{variant},", StringComparison.Ordinal)).Split(',')[8], CultureInfo.InvariantCulture);
        Assert.That((Steps("full-x2"), Steps("specialist-x2")), Is.EqualTo((2 * Steps("full"), 2 * Steps("specialist"))));
        string[] table = [.. text.Split('\n').SkipWhile(line => line != "### view").Skip(2).TakeWhile(line => line.Length > 0)];
        Assert.That(table.Select(line => line.Split('|').Length).Distinct().Count(), Is.EqualTo(1), "each row has the cells of the head");
        Assert.That(table[0], Does.EndWith("| steps | CPU s |"));
        Assert.That(table.Single(line => line.StartsWith("| specialist", StringComparison.Ordinal)).Split('|')[^3].Trim(), Is.EqualTo(Steps("specialist").ToString(CultureInfo.InvariantCulture)));
        Assert.That(CommandLine.Run(["task-table", "--out", output, "--encoder", encoder, "--scale", "0.1"]).Error, Does.Contain("holds a table of --scale 0.005").And.Contain("another --out"));

        // The other tasks join; rows that exist are not made again.
        DateTime made = File.GetLastWriteTimeUtc(Path.Combine(output, "rows", "view-full-0.json"));
        var all = Run("--out", output, "--encoder", encoder);
        Assert.That(all.Output, Does.Contain("12 rows to make"));
        Assert.That(all.Output.IndexOf("ef-full-0:", StringComparison.Ordinal), Is.InRange(0, all.Output.IndexOf("segment-full-0:", StringComparison.Ordinal)), "long rows first");
        Assert.That(File.GetLastWriteTimeUtc(Path.Combine(output, "rows", "view-full-0.json")), Is.EqualTo(made));
        Assert.That(Rows(output), Is.EqualTo(views.Concat(from task in new[] { "segment", "measure", "ef" } from kind in new[] { "adapter", "full", "random", "specialist" } select $"{task}-{kind}-0").Order()));
        Assert.That(File.ReadAllText(Path.Combine(output, "tasks.md")), Does.Contain("### segment").And.Contain("### measure").And.Contain("### ef").And.Contain("over the budget").And.Not.Contain("NaN"));
        Assert.That(File.ReadLines(Path.Combine(output, "tasks.csv")).Skip(1).Select(line => line.Split(',')[0]).Distinct(), Is.EquivalentTo(new[] { "view", "segment", "measure", "ef" }));
    }

    [Test]
    public void TaskTable_WithoutEncoder_PretrainsItsOwnBesideRowsThatDoNotNeedIt()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("table");
        string said = Run("--out", output, "--tasks", "view").Output;
        Assert.That(Rows(output), Is.EqualTo(new[] { "view-adapter-0", "view-frozen-0", "view-full-0", "view-full-n1-0", "view-random-0", "view-random-n1-0", "view-specialist-0" }));
        Assert.That(said.IndexOf("view-full-0:", StringComparison.Ordinal), Is.GreaterThan(said.IndexOf("view-random-0:", StringComparison.Ordinal)).And.GreaterThan(said.IndexOf("view-specialist-0:", StringComparison.Ordinal)));

        // The random start has the pretrained encoder's shape, and its preprocessing, though it was made before it.
        using var pretrained = ModelFolder.Load(Path.Combine(output, "pretraining", "model"));
        using var untrained = ModelFolder.Load(Path.Combine(output, "encoders", "untrained-0"));
        Assert.That(untrained.Backbone.Config, Is.EqualTo(pretrained.Backbone.Config));
        Assert.That(untrained.Preprocessing, Is.EqualTo(pretrained.Preprocessing));
        DateTime made = File.GetLastWriteTimeUtc(Path.Combine(output, "pretraining", "model", "model.safetensors"));
        Assert.That(Run("--out", output, "--tasks", "view").Output, Does.Contain("0 rows to make"));
        Assert.That(File.GetLastWriteTimeUtc(Path.Combine(output, "pretraining", "model", "model.safetensors")), Is.EqualTo(made));

        // A run that was stopped leaves a model too: it is not taken for the encoder, but finished first.
        string config = Path.Combine(output, "pretraining", "model", "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"steps\": \"110\"", "\"steps\": \"109\"", StringComparison.Ordinal));
        File.Delete(Path.Combine(output, "rows", "view-frozen-0.json"));
        Assert.That(Run("--out", output, "--tasks", "view").Output, Does.Contain("1 rows to make").And.Contain("view-frozen-0:"));
        Assert.That(File.ReadAllText(config), Does.Contain("\"steps\": \"110\""));
        Assert.That(File.ReadAllText(Path.Combine(output, "tasks.md")), Does.StartWith("Encoders compute in float32. Phantoms of the medium level; scale 0.005; encoder: pretrained for 110 steps.\n\n### view\n"));

        // A finished encoder of a version with another length is named, not taken.
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"110\"", "\"109\"", StringComparison.Ordinal));
        File.Delete(Path.Combine(output, "rows", "view-frozen-0.json"));
        Assert.That(CommandLine.Run(["task-table", .. Small, "--out", output, "--tasks", "view"]).Error, Does.Contain("was pretrained for 109 steps; this version takes 110."));
    }

    // As a version with other lengths would leave them.
    [Test]
    public void TaskTable_RowsOfOtherSteps_AreNotPutBesideItsOwn()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("table"), row = Path.Combine(output, "rows", "measure-random-0.json"), encoder = Encoder(folder);
        Run("--out", output, "--encoder", encoder, "--tasks", "measure");
        string steps = File.ReadLines(row).Single(line => line.Contains("\"Steps\"", StringComparison.Ordinal));
        File.WriteAllText(row, File.ReadAllText(row).Replace(steps, "  \"Steps\": 77,", StringComparison.Ordinal));
        var refused = CommandLine.Run(["task-table", .. Small, "--out", output, "--encoder", encoder, "--tasks", "measure"]);
        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("measure-random-0.json was trained for 77 steps; this version takes 5.").And.Contain("remove the file"));
        File.Delete(row);
        Assert.That(Run("--out", output, "--encoder", encoder, "--tasks", "measure").Output, Does.Contain("1 rows to make"));
    }

    // What adapters lose on the ejection fraction is less than one seed's interval; a comparison takes the seeds that both have.
    [Test]
    public void TaskTable_EjectionFraction_RepeatsWhatIsComparedWithAdapters()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("table");
        Assert.That(CommandLine.Run(["task-table", "--out", output, "--encoder", Encoder(folder), "--tasks", "ef", "--scale", "0.005", "--seeds", "2"]).ExitCode, Is.Zero);
        Assert.That(Rows(output), Is.EqualTo(new[] { "ef-adapter-0", "ef-adapter-1", "ef-full-0", "ef-full-1", "ef-random-0", "ef-specialist-0" }));
        string[] csv = File.ReadAllLines(Path.Combine(output, "tasks.csv"));
        double Error(string variant, int seed) => double.Parse(csv.Single(line => line.StartsWith($"ef,{variant},{seed},mae_percent,", StringComparison.Ordinal)).Split(',')[4], CultureInfo.InvariantCulture);
        int Steps(string variant) => int.Parse(csv.First(line => line.StartsWith($"ef,{variant},", StringComparison.Ordinal)).Split(',')[8], CultureInfo.InvariantCulture);
        Assert.That((Steps("full"), Steps("adapter")), Is.EqualTo((8, 11)), "adapters have half as many again: 1,500 and 2,250 of the whole table");
        string text = File.ReadAllText(Path.Combine(output, "tasks.md"));
        string both = string.Create(CultureInfo.InvariantCulture, $"({(Error("adapter", 0) + Error("adapter", 1)) / 2:0.000} and {(Error("full", 0) + Error("full", 1)) / 2:0.000})");
        string first = string.Create(CultureInfo.InvariantCulture, $"({Error("random", 0):0.000} and {Error("full", 0):0.000})");
        Assert.That(text, Does.Match("pretrained, adapters is .* than full fine-tuning " + Regex.Escape(both)).And.Match("random start is .* than full fine-tuning " + Regex.Escape(first)));
    }

    // Encoders compute in it from pretraining on, the networks of specialists do not; a folder keeps to one format.
    [Test]
    public void TaskTable_Bf16_IsWhatEncodersArePretrainedAndFineTunedIn()
    {
        using var folder = new TemporaryFolder();
        string narrow = folder.File("narrow"), wide = folder.File("wide");
        if (!InferenceModel.Supports(Precision.Bf16))
        {
            Assert.That(CommandLine.Run(["task-table", "--out", narrow, "--precision", "bf16"]).Error, Does.Contain("needs Linux x64 and a processor with AVX-512"));
            return;
        }

        Run("--out", narrow, "--tasks", "view", "--precision", "bf16");
        Assert.That(File.ReadLines(Path.Combine(narrow, "pretraining", "config.yaml")), Has.Member("precision: bf16"));
        Assert.That(CommandLine.Run(["task-table", .. Small, "--out", narrow, "--tasks", "view"]).Error, Does.Contain("phantoms, bf16; this command has"));

        // In float32 from the same encoder only what the encoder takes part in comes out differently.
        Run("--out", wide, "--tasks", "view", "--encoder", Path.Combine(narrow, "pretraining"));
        string Cases(string output, string row) => File.ReadAllText(Path.Combine(output, "cases", $"view-{row}-0", "cases.csv"));
        string Figures(string output, string row) => string.Join('\n', File.ReadLines(Path.Combine(output, "tasks.csv")).Where(line => line.StartsWith($"view,{row},", StringComparison.Ordinal)).Select(line => string.Join(',', line.Split(',')[..5])));
        Assert.That(Figures(narrow, "specialist") + Cases(narrow, "specialist"), Is.EqualTo(Figures(wide, "specialist") + Cases(wide, "specialist")));
        Assert.That(Figures(narrow, "full"), Is.Not.EqualTo(Figures(wide, "full")));
    }

    [TestCase("there is no task 'murmur'", "--tasks murmur")]
    [TestCase("must be above 0", "--budgets 0")]
    [TestCase("must be above 0", "--scale NaN")]
    [TestCase("--precision is 'fp8'; it must be fp32 or bf16.", "--precision fp8")]
    [TestCase("does not exist", "--encoder nowhere")]
    public void TaskTable_BadArguments_SayWhatIsWrong(string expected, string arguments)
    {
        using var folder = new TemporaryFolder();
        var result = CommandLine.Run(["task-table", "--out", folder.File("table"), .. arguments.Split(' ')]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(expected));
    }

    private static CommandLine Run(params string[] arguments)
    {
        var result = CommandLine.Run(["task-table", .. Small, .. arguments]);
        Assert.That(result.ExitCode, Is.Zero, result.Error + result.Output);
        return result;
    }

    // As narrow as adapters of under 4 % allow.
    private static string Encoder(TemporaryFolder folder)
    {
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 48, PatchSize = 8, EmbedDim = 96, Depth = 4, Heads = 3 };
        using var backbone = BackboneFactory.Create(config, new RandomStream(1));
        ModelFolder.Save(folder.File("tiny"), backbone, new Preprocessing { ImageSize = 48, Normalization = Normalization.Image }, new ModelInfo { Name = "tiny" });
        return folder.File("tiny");
    }

    private static IEnumerable<string?> Rows(string output) => Directory.GetFiles(Path.Combine(output, "rows")).Select(Path.GetFileNameWithoutExtension).Order();

    private static IEnumerable<string?> Pictures(string output) => Directory.GetFiles(output, "*.png").Select(Path.GetFileName).Order();
}
