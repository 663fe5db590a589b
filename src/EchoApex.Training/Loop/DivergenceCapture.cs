// Shape legend: G = 2 global crops, L = local crops, B = samples, S, s = side of a global and a local crop.
using System.Globalization;
using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>
/// The folder of a step that was not finite: config.yaml, the state before the step as in a checkpoint, batch.safetensors,
/// terms.json. It needs nothing from the run around it, so that it can be copied to another machine.
/// </summary>
internal sealed record DivergenceCapture(string Folder, PretrainingOptions Options, DivergenceCapture.Record Recorded)
{
    private const string ConfigName = "config.yaml";
    private const string BatchName = "batch.safetensors";
    private const string TermsName = "terms.json";
    private const string Globals = "globals";
    private const string Locals = "locals";
    private const string Remedy = "Name a folder divergence/step-NNNNNN of a run.";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Loss terms and the like; numbers as text, because JSON has no NaN.</summary>
    /// <param name="Step">The step, counted from 1.</param>
    /// <param name="Threads">Threads of libtorch.</param>
    /// <param name="Terms">Loss terms and the like of this process.</param>
    /// <param name="Samples">The clips of the batch.</param>
    /// <param name="Rank">Which process this was.</param>
    /// <param name="WorldSize">Of how many.</param>
    internal sealed record Record(long Step, int Threads, IReadOnlyDictionary<string, string> Terms, IReadOnlyList<string> Samples, int Rank = 0, int WorldSize = 1)
    {
        public Dictionary<string, double> Values() => Terms.ToDictionary(term => term.Key, term => double.Parse(term.Value, CultureInfo.InvariantCulture));
    }

    /// <summary>Fills the folder, but for the state.</summary>
    public static void Write(string folder, PretrainingOptions options, long step, Tensor globals_BCHW, Tensor? locals_BCHW, IReadOnlyDictionary<string, double> terms, IEnumerable<string> samples, ICollective processes)
    {
        var batch = new Dictionary<string, Tensor> { [Globals] = globals_BCHW };
        if (locals_BCHW is not null)
        {
            batch[Locals] = locals_BCHW;
        }

        SafetensorsWriter.Write(Path.Combine(folder, BatchName), batch);
        var values = terms.ToDictionary(term => term.Key, term => term.Value.ToString("R", CultureInfo.InvariantCulture));
        File.WriteAllText(Path.Combine(folder, TermsName), JsonSerializer.Serialize(new Record(step, get_num_threads(), values, [.. samples], processes.Rank, processes.WorldSize), Json));
        File.WriteAllText(Path.Combine(folder, ConfigName), ConfigurationWriter.ToYaml(options));
    }

    /// <summary>Reads all but the tensors.</summary>
    /// <exception cref="CheckpointException">The folder is no capture, or a damaged one.</exception>
    /// <exception cref="ConfigurationException">Its configuration has a fault.</exception>
    public static DivergenceCapture Open(string folder)
    {
        foreach (string name in new[] { ConfigName, TermsName, BatchName, RunFolder.StateName, RunFolder.TensorsName })
        {
            if (!File.Exists(Path.Combine(folder, name)))
            {
                throw new CheckpointException(folder, $"is not the capture of a diverged step: {name} is missing. {Remedy}");
            }
        }

        string file = Path.Combine(folder, TermsName);
        try
        {
            var recorded = JsonSerializer.Deserialize<Record>(File.ReadAllText(file), Json);
            if (recorded is not { Terms: not null, Samples: not null, Step: > 0, Threads: > 0 and <= 1024 })
            {
                throw new CheckpointException(file, $"lacks step, threads, terms or samples, or they are out of range. {Remedy}");
            }

            recorded.Values();
            var options = new ConfigurationLoader().LoadFile<PretrainingOptions>(Path.Combine(folder, ConfigName));
            return recorded.WorldSize >= 1 && recorded.Rank >= 0 && recorded.Rank < recorded.WorldSize && options.Optimization.BatchSize % recorded.WorldSize == 0
                ? new DivergenceCapture(folder, options, recorded)
                : throw new CheckpointException(file, $"says process {recorded.Rank} of {recorded.WorldSize} for a batch of {options.Optimization.BatchSize}, which is not possible. {Remedy}");
        }
        catch (Exception error) when (error is JsonException or FormatException or ArgumentNullException)
        {
            throw new CheckpointException(file, $"is not the record of a step: {error.Message} {Remedy}", error);
        }
    }

    /// <summary>The batch as the step saw it: [G * B, 3, S, S] and [L * B, 3, s, s]; the caller disposes both.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or its shapes are not those of the configuration.</exception>
    public (Tensor Globals, Tensor? Locals) ReadBatch()
    {
        using var source = SafetensorsFile.Open(Path.Combine(Folder, BatchName));
        var (globals, locals) = (Options.Augmentation.Global, Options.Augmentation.Local);
        Require(source, Globals, globals.Count, globals.Size);
        if (locals.Count == 0)
        {
            return (source.Read(Globals), null);
        }

        Require(source, Locals, locals.Count, locals.Size);
        return (source.Read(Globals), source.Read(Locals));
    }

    private void Require(SafetensorsFile source, string name, int crops, int side)
    {
        long[] expected = [(long)crops * (Options.Optimization.BatchSize / Recorded.WorldSize), 3, side, side];
        if (!source.Tensors.TryGetValue(name, out var entry) || entry.Dtype != ScalarType.Float32 || !entry.Shape.SequenceEqual(expected))
        {
            throw new CheckpointException(source.Path, $"must hold {name} as float32 [{string.Join(", ", expected)}], the batch of {ConfigName} beside it; found {(entry is null ? "none" : $"{entry.Dtype} [{string.Join(", ", entry.Shape)}]")}. {Remedy}");
        }
    }
}
