// Shape legend: G = 2 global crops, L = local crops, B = samples, S, s = side of a global and a local crop, N = patches.
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>Student, teacher, losses and optimizer of DINOv2, and the step that ties them together.</summary>
/// <remarks>
/// Oquab et al., "DINOv2", section 4; upstream: dinov2/train/ssl_meta_arch.py, dinov2/train/train.py. The student sees its
/// global crops with hidden patches; the teacher, in evaluation mode, sees them whole. The average follows the optimizer
/// step; a frozen last layer has the learning rate 0, and its moments go on. Masks of step t come from (seed, t).
/// </remarks>
public sealed class Dinov2Trainer : SelfDistillationTrainer
{
    private readonly Dinov2Losses _losses;
    private readonly BlockMaskGenerator _masks;

    /// <summary>Builds the networks with fresh weights.</summary>
    /// <exception cref="ConfigurationException">Options do not fit together.</exception>
    /// <param name="options">The run.</param>
    /// <param name="schedules">Its schedules.</param>
    /// <param name="processes">All processes of the run, which stay the caller's; null for this one alone.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    public Dinov2Trainer(PretrainingOptions options, PretrainingSchedules schedules, ICollective? processes = null, Device? device = null)
        : base(options, schedules, parameters => Group(parameters, options), processes, device)
    {
        Pair.Student.Train();
        Pair.Teacher.Train(false);

        // Ours, upstream has no BatchNorm: buffers are not averaged, so the teacher must use its own batch.
        Pair.Teacher.Head.train(options.Head.BatchNorm);
        int side = options.Augmentation.Global.Size / Pair.Student.Backbone.PatchSize;
        _masks = new BlockMaskGenerator(side, side, options.Ibot.Masks);
        _losses = new Dinov2Losses(options, Processes, Device);
    }

    /// <summary>Losses and centers.</summary>
    internal Dinov2Losses Losses => _losses;

    private protected override TrainingStep StepCore(long step, Tensor globals_BCHW, Tensor? locals_BCHW, bool diagnostics)
    {
        // Masks are drawn for the samples of all processes, so that their number does not change which patches are hidden.
        var share = ShareOf(globals_BCHW);
        using var all = MaskBatch.Draw(_masks, (int)share.Batch * DinoLoss.GlobalCrops, RandomStream.For(Options.Seed, "masking", step));
        using var masks = all.Of(share, Device);
        return Step(step, globals_BCHW, locals_BCHW, masks, diagnostics);
    }

    /// <summary>The same with given masks, those of this process's crops.</summary>
    internal TrainingStep Step(long step, Tensor globals_BCHW, Tensor? locals_BCHW, MaskBatch masks, bool diagnostics)
    {
        using var scope = NewDisposeScope();
        var now = Schedules.At(step);
        SeedStochasticDepth(step);

        bool patches = Options.Ibot.Weight > 0;
        var parts = PartsOf(globals_BCHW);
        Clock.Enter(StepPhase.Teacher);
        var teacher = Teach(parts, globals_BCHW, masks, patches);
        var targets = _losses.TakeTargets(teacher, now.TeacherTemperature);

        var terms = new Dictionary<string, double> { ["masked_patches"] = masks.Indices.shape[0] };
        bool finite = Accumulate(parts, terms, part =>
        {
            using var partMasks = masks.Of(part, Device);
            var student = Dinov2Forward.Student(Pair.Student, part.Of(globals_BCHW), locals_BCHW is null ? null : part.Of(locals_BCHW), partMasks, patches);
            var koleo = KoLeo(student.Cls, part.Count);
            var losses = _losses.Compute(student, targets.Of(part, masks), partMasks, koleo);
            return (losses.Total, losses.ToLog());
        });
        var optimizerStep = new OptimizerStep(now.LearningRate, now.WeightDecay) { LastLayerLearningRate = now.LastLayerFrozen ? 0 : null };
        if (!finite || !Update(now, optimizerStep, terms))
        {
            return new TrainingStep(false, terms);
        }

        Usage.Observe(targets.Cls.argmax(-1), step);
        if (diagnostics)
        {
            DiagnoseFeatures(terms, teacher.Cls, step);
            Diagnose(terms, targets);
        }

        return new TrainingStep(true, terms);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _losses.Dispose();
        }

        base.Dispose(disposing);
    }

    private protected override IReadOnlyDictionary<string, Tensor> SaveLossState() => _losses.SaveState();

    private protected override void LoadLossState(IReadOnlyDictionary<string, Tensor> state) => _losses.LoadState(state);

    private static IReadOnlyList<ParameterGroup> Group(IEnumerable<NamedParameter> parameters, PretrainingOptions options) => ParameterGroups.Dinov2(
        parameters,
        options.Backbone.ToConfig(options.Stage, forTeacher: false).Depth,
        options.Optimization.LayerDecay,
        options.Optimization.PatchEmbedMultiplier);

    // In parts too, so that memory is that of a part; without BatchNorm the same as in one piece.
    private Dinov2Output Teach(IReadOnlyList<BatchPart> parts, Tensor globals_BCHW, MaskBatch masks, bool patches)
    {
        var outputs = new List<Dinov2Output>(parts.Count);
        foreach (var part in parts)
        {
            using var partMasks = masks.Of(part, Device);
            outputs.Add(Dinov2Forward.Teacher(Pair.Teacher, part.Of(globals_BCHW), partMasks, patches));
        }

        Tensor Join(Func<Dinov2Output, Tensor> select) => BatchPart.Join([.. outputs.Select(select)], DinoLoss.GlobalCrops);
        return new Dinov2Output(Join(output => output.Cls), Join(output => output.GlobalLogits), null, patches ? masks.Join(parts, [.. outputs.Select(output => output.PatchLogits!)]) : null);
    }

    private void Diagnose(Dictionary<string, double> terms, Dinov2Targets targets)
    {
        terms["teacher_entropy"] = TargetStatistics.MeanEntropy(targets.Cls).ReadDouble();
        terms["teacher_kl_to_uniform"] = TargetStatistics.KlToUniform(targets.Cls).ReadDouble();

        // A step may hide no patch at all.
        if (targets.Patches is { } patches_MK && patches_MK.shape[0] > 0)
        {
            terms["ibot_teacher_entropy"] = TargetStatistics.MeanEntropy(patches_MK).ReadDouble();
            terms["ibot_teacher_kl_to_uniform"] = TargetStatistics.KlToUniform(patches_MK).ReadDouble();
        }

        terms["center_norm"] = _losses.Dino.Center.EuclideanNorm(1).ReadDouble();
        terms["ibot_center_norm"] = _losses.Ibot.Center.EuclideanNorm(1).ReadDouble();
    }
}
