// Shape legend: G = 2 global crops, L = local crops, B = samples, S, s = side of a global and a local crop.
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Distributed;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>
/// Student, teacher, loss and optimizer of DINO v1, and the step that ties them together (main_dino.py, train_one_epoch).
/// </summary>
public sealed class DinoTrainer : SelfDistillationTrainer
{
    private readonly DinoLoss _loss;

    /// <summary>Builds the networks with fresh weights.</summary>
    /// <exception cref="ConfigurationException">Options do not fit together.</exception>
    /// <param name="options">The run.</param>
    /// <param name="schedules">Its schedules.</param>
    /// <param name="processes">All processes of the run, which stay the caller's; null for this one alone.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    public DinoTrainer(PretrainingOptions options, PretrainingSchedules schedules, ICollective? processes = null, Device? device = null)
        : base(options, schedules, ParameterGroups.Dino, processes, device)
    {
        // DINO leaves the teacher in training mode: a BatchNorm in it uses the statistics of its own batch.
        Pair.Student.Train();
        Pair.Teacher.Train();
        _loss = new DinoLoss(new DinoLossOptions
        {
            Prototypes = options.Head.Prototypes,
            LocalCrops = options.Augmentation.Local.Count,
            StudentTemperature = options.Targets.StudentTemperature,
            CenterMomentum = options.Targets.CenterMomentum,
            Targets = options.Targets.Kind,
            SinkhornIterations = options.Targets.SinkhornIterations,
        },
            Device,
            processes: Processes);
    }

    private protected override TrainingStep StepCore(long step, Tensor globals_BCHW, Tensor? locals_BCHW, bool diagnostics)
    {
        using var scope = NewDisposeScope();
        var now = Schedules.At(step);
        SeedStochasticDepth(step);

        var parts = PartsOf(globals_BCHW);
        Clock.Enter(StepPhase.Teacher);
        var (cls_RD, logits_RK) = Teach(parts, globals_BCHW);
        var targets_RK = _loss.TakeTargets(logits_RK, now.TeacherTemperature);

        var terms = new Dictionary<string, double>();
        bool finite = Accumulate(parts, terms, part =>
        {
            var globals = part.Of(globals_BCHW);
            var student = MultiCropForward.Run(Pair.Student, locals_BCHW is null ? [globals] : [globals, part.Of(locals_BCHW)]);
            var dino = _loss.Compare(student.Logits, part.Of(targets_RK));
            var koleo = KoLeo(student.Cls, part.Count);
            var total = koleo is null ? dino : dino.Plus(koleo.Times(Options.Targets.KoleoWeight));
            var values = new Dictionary<string, double> { ["loss"] = total.ReadDouble(), ["dino"] = dino.ReadDouble() };
            if (koleo is not null)
            {
                values["koleo"] = koleo.ReadDouble();
            }

            return (total, values);
        });
        if (!finite || !Update(now, new OptimizerStep(now.LearningRate, now.WeightDecay) { SkipLastLayer = now.LastLayerFrozen }, terms))
        {
            return new TrainingStep(false, terms);
        }

        Usage.Observe(targets_RK.argmax(-1), step);
        if (diagnostics)
        {
            DiagnoseFeatures(terms, cls_RD, step);
            Diagnose(terms, targets_RK);
        }

        return new TrainingStep(true, terms);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _loss.Dispose();
        }

        base.Dispose(disposing);
    }

    private protected override IReadOnlyDictionary<string, Tensor> SaveLossState() => _loss.SaveState();

    private protected override void LoadLossState(IReadOnlyDictionary<string, Tensor> state) => _loss.LoadState(state);

    // In parts too, so that memory is that of a part; without BatchNorm the same as in one piece.
    private (Tensor Cls_RD, Tensor Logits_RK) Teach(IReadOnlyList<BatchPart> parts, Tensor globals_BCHW)
    {
        using var noGrad = no_grad();
        MultiCropOutput[] outputs = [.. parts.Select(part => MultiCropForward.Run(Pair.Teacher, [part.Of(globals_BCHW)]))];
        return (BatchPart.Join([.. outputs.Select(output => output.Cls)], DinoLoss.GlobalCrops), BatchPart.Join([.. outputs.Select(output => output.Logits)], DinoLoss.GlobalCrops));
    }

    private void Diagnose(Dictionary<string, double> terms, Tensor targets_RK)
    {
        terms["teacher_entropy"] = TargetStatistics.MeanEntropy(targets_RK).ReadDouble();
        terms["teacher_kl_to_uniform"] = TargetStatistics.KlToUniform(targets_RK).ReadDouble();
        terms["center_norm"] = _loss.Center.EuclideanNorm(1).ReadDouble();
    }
}
