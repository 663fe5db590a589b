using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>Starts networks from what an earlier run, or somebody else's, has learned.</summary>
internal static class StartingWeights
{
    private const string MaskToken = "mask_token";
    private const string Gamma = "gamma";
    private const string TeacherBackbone = "teacher.backbone.";

    /// <summary>Fills an encoder.</summary>
    /// <remarks>
    /// Weights of DINO v1, DeiT or timm have neither LayerScale nor mask token. A LayerScale that they lack becomes 1, the
    /// identity that they were trained with (an initial 1e-5 would silence every block); a mask token becomes zero.
    /// </remarks>
    /// <param name="backbone">The encoder.</param>
    /// <param name="path">
    /// A model folder, a run folder, or a weights file with the reference's names. Of a run it is the teacher of its last checkpoint: the
    /// model that a run exports when it is stopped may be older than that.
    /// </param>
    /// <exception cref="CheckpointException">The weights are damaged or do not fit; nothing was loaded.</exception>
    public static void LoadBackbone(IBackbone backbone, string path)
    {
        string? checkpoint = Directory.Exists(path) ? RunFolder.LatestTensorsOf(path) : null;
        using var source = TensorSource.Open(checkpoint ?? BackboneFile(path));
        var own = backbone.Module.state_dict().Keys.ToHashSet(StringComparer.Ordinal);
        var mapping = checkpoint is null ? KeyMapping.Identity(source.Tensors) : Under(source.Tensors, TeacherBackbone);
        if (!own.Contains(MaskToken))
        {
            mapping = mapping with { Tensors = mapping.Tensors.Where(entry => entry.Key != MaskToken).ToDictionary(StringComparer.Ordinal) };
        }

        bool scaled = mapping.Tensors.Keys.Any(IsGamma);
        var report = StateDictLoader.Load(backbone.Module, source, new LoadOptions
        {
            Mapping = mapping,
            ZeroIfMissing = scaled ? [MaskToken] : [MaskToken, Gamma],
            Remedy = scaled && !own.Any(IsGamma)
                ? "These weights have LayerScale: set backbone.layer_scale to a number, such as 1e-5."
                : "Set backbone to the architecture and image_size that the weights were made for.",
        });
        Fill(backbone.Module, report.Zeroed.Where(IsGamma), 1);
    }

    /// <summary>Fills a head from the teacher of a run's last checkpoint.</summary>
    /// <param name="head">The head.</param>
    /// <param name="run">The run folder.</param>
    /// <param name="names">What the head may be called there, the first that exists wins.</param>
    /// <exception cref="CheckpointException">The folder has no checkpoint, or its head has other sizes.</exception>
    public static void LoadHead(ProjectionHead head, string run, params IReadOnlyList<string> names)
    {
        string file = RunFolder.LatestTensorsOf(run)
            ?? throw new CheckpointException(run, "has no checkpoint of a run, so no head to start from. Name a run folder, or leave head.weights out for a fresh head.");
        using var source = SafetensorsFile.Open(file);
        string[] prefixes = [.. names.Select(name => $"teacher.{name}.")];
        string prefix = prefixes.FirstOrDefault(candidate => source.Tensors.Keys.Any(key => key.StartsWith(candidate, StringComparison.Ordinal))) ?? prefixes[0];
        StateDictLoader.Load(head, source, new LoadOptions
        {
            Mapping = Under(source.Tensors, prefix),
            Remedy = "Give the head the sizes of that run, or leave head.weights out for a fresh head.",
        });
    }

    private static KeyMapping Under(IReadOnlyDictionary<string, TensorEntry> tensors, string prefix) => new(
        tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(
            entry => entry.Key[prefix.Length..],
            entry => new MappedTensor(entry.Key, entry.Value.Dtype, entry.Value.Shape),
            StringComparer.Ordinal),
        [],
        prefix);

    private static string BackboneFile(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }

        string[] candidates = [Path.Combine(path, ModelFolder.WeightsFile), Path.Combine(RunFolder.ModelOf(path), ModelFolder.WeightsFile)];
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new CheckpointException(path, $"has no {ModelFolder.WeightsFile}: it is neither a model folder nor a run that has exported its encoder (a run does when it ends or is stopped).");
    }

    private static bool IsGamma(string key) => key.EndsWith("." + Gamma, StringComparison.Ordinal);

    private static void Fill(nn.Module module, IEnumerable<string> keys, double value)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var state = module.state_dict();
        foreach (string key in keys)
        {
            state[key].FillInPlace(value);
        }
    }
}
