// Shape legend: B = samples, L = local crops, M = masked patches, R = rows, K = prototypes.
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>The objective of DINOv2: cls tokens of all crops, hidden patches, and how their terms are weighed.</summary>
/// <remarks>
/// Upstream: dinov2/train/ssl_meta_arch.py. With L local crops the cls terms are divided by max(2L, 1) + 2; the mean over
/// the global crops counts twice, because one call holds both.
/// </remarks>
internal sealed class Dinov2Losses : IDisposable
{
    private const int Crops = DinoLoss.GlobalCrops;
    private const string DinoPrefix = "dino.";
    private const string IbotPrefix = "ibot.";

    private readonly PretrainingOptions _options;
    private readonly ICollective _processes;

    public Dinov2Losses(PretrainingOptions options, ICollective processes, Device device)
    {
        (_options, _processes) = (options, processes);
        var settings = new CenteredLossOptions
        {
            Prototypes = options.Head.Prototypes,
            StudentTemperature = options.Targets.StudentTemperature,
            CenterMomentum = options.Targets.CenterMomentum,
        };
        Dino = new DinoClsTokenLoss(settings, device, processes: processes);
        Ibot = new IbotPatchLoss(settings with { Prototypes = options.Ibot.SeparateHead ? options.Ibot.Head.Prototypes : options.Head.Prototypes }, device, processes: processes);
    }

    public DinoClsTokenLoss Dino { get; }

    public IbotPatchLoss Ibot { get; }

    /// <summary>All terms.</summary>
    /// <param name="student">The student's output for a batch or a part of one.</param>
    /// <param name="targets">The teacher's targets for the same samples.</param>
    /// <param name="masks">Their hidden patches.</param>
    /// <param name="koleo">The KoLeo terms' sum, without its weight; null when turned off.</param>
    public Dinov2LossTerms Compute(Dinov2Output student, Dinov2Targets targets, MaskBatch masks, Tensor? koleo)
    {
        var (targets_RK, patchTargets_MK) = targets;
        int locals = _options.Augmentation.Local.Count;
        double terms = Math.Max(Crops * locals, 1) + Crops;
        double dinoWeight = _options.Targets.DinoWeight;

        var local = dinoWeight == 0 || student.LocalLogits is null ? null : Dino.Compute(student.LocalLogits, targets_RK, locals, Crops).DividedBy(terms);
        var global = dinoWeight == 0 ? null : Dino.Compute(student.GlobalLogits, targets_RK, 1, 1).Times(Crops / terms);
        var weightedKoleo = koleo?.Times(_options.Targets.KoleoWeight);
        var ibot = patchTargets_MK is null ? null : Ibot.ComputeMasked(student.PatchLogits!, patchTargets_MK, masks.Weights, masks.Masks.shape[0]);

        Tensor? total = null;
        total = Add(total, local, dinoWeight);
        total = Add(total, global, dinoWeight);
        total = Add(total, weightedKoleo, 1);
        total = Add(total, ibot, _options.Ibot.Weight);
        return new Dinov2LossTerms(total!, local, global, weightedKoleo, ibot);
    }

    /// <summary>The teacher's targets of a whole batch. The centers come from the steps before; this step's update is pending afterwards.</summary>
    /// <param name="teacher">The teacher's output, cls halves swapped.</param>
    /// <param name="temperature">Teacher temperature.</param>
    public Dinov2Targets TakeTargets(Dinov2Output teacher, double temperature) => new(
        ClsTargets(teacher.GlobalLogits, temperature),
        teacher.PatchLogits is null ? null : PatchTargets(teacher.PatchLogits, temperature));

    /// <summary>A copy of centers and pending updates; the caller disposes it.</summary>
    public IReadOnlyDictionary<string, Tensor> SaveState()
    {
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (prefix, part) in new[] { (DinoPrefix, Dino.SaveState()), (IbotPrefix, Ibot.SaveState()) })
        {
            foreach (var (name, value) in part)
            {
                state[prefix + name] = value;
            }
        }

        return state;
    }

    /// <summary>Restores a state of <see cref="SaveState"/>.</summary>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        Dino.LoadState(Part(state, DinoPrefix));
        Ibot.LoadState(Part(state, IbotPrefix));
    }

    public void Dispose()
    {
        Dino.Dispose();
        Ibot.Dispose();
    }

    private bool Centering => _options.Targets.Kind == TeacherTargets.Centering;

    private Tensor ClsTargets(Tensor logits_RK, double temperature)
    {
        if (!Centering)
        {
            return SinkhornKnopp.Assign(logits_RK, temperature, _options.Targets.SinkhornIterations, _processes);
        }

        var targets_RK = Dino.Targets(logits_RK, temperature);
        Dino.UpdateCenter(logits_RK);
        return targets_RK;
    }

    // Sinkhorn-Knopp counts the masked patches of the whole step, which differ from process to process.
    private Tensor PatchTargets(Tensor logits_MK, double temperature)
    {
        if (!Centering)
        {
            return SinkhornKnopp.Assign(logits_MK, temperature, _options.Targets.SinkhornIterations, _processes);
        }

        var targets_MK = Ibot.Targets(logits_MK, temperature);
        Ibot.UpdateCenter(logits_MK);
        return targets_MK;
    }

    private static Tensor? Add(Tensor? sum, Tensor? term, double weight)
    {
        if (term is null)
        {
            return sum;
        }

        var weighted = weight == 1 ? term : term.Times(weight);
        return sum is null ? weighted : sum.Plus(weighted);
    }

    private static Dictionary<string, Tensor> Part(IReadOnlyDictionary<string, Tensor> state, string prefix) =>
        state.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value, StringComparer.Ordinal);
}
