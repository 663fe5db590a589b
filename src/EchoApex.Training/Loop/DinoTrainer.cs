// Shape legend: G = 2 global crops, L = local crops, B = samples, S, s = side of a global and a local crop.
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
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
    public DinoTrainer(PretrainingOptions options, PretrainingSchedules schedules)
        : base(options, schedules, ParameterGroups.Dino)
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
        });
    }

    private protected override TrainingStep StepCore(long step, Tensor globals_BCHW, Tensor? locals_BCHW, bool diagnostics)
    {
        using var scope = NewDisposeScope();
        var now = Schedules.At(step);
        SeedStochasticDepth(step);

        Clock.Enter(StepPhase.Teacher);
        using var teacher = TeacherForward(globals_BCHW);
        Clock.Enter(StepPhase.Student);
        using var student = MultiCropForward.Run(Pair.Student, locals_BCHW is null ? [globals_BCHW] : [globals_BCHW, locals_BCHW]);
        using var dino = _loss.Compute(student.Logits, teacher.Logits, now.TeacherTemperature, diagnostics);
        var koleo = KoLeo(student.Cls, globals_BCHW.shape[0] / DinoLoss.GlobalCrops);
        var total = koleo is null ? dino.Loss : dino.Loss.Plus(koleo.Times(Options.Targets.KoleoWeight));

        var terms = new Dictionary<string, double> { ["loss"] = total.ReadDouble(), ["dino"] = dino.Loss.ReadDouble() };
        if (koleo is not null)
        {
            terms["koleo"] = koleo.ReadDouble();
        }

        if (!Update(total, now, new OptimizerStep(now.LearningRate, now.WeightDecay) { SkipLastLayer = now.LastLayerFrozen }, terms))
        {
            return new TrainingStep(false, terms);
        }

        Usage.Observe(dino.Winners, step);
        if (diagnostics)
        {
            DiagnoseFeatures(terms, teacher.Cls, step);
            Diagnose(terms, dino);
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

    private MultiCropOutput TeacherForward(Tensor globals_BCHW)
    {
        using var noGrad = no_grad();
        return MultiCropForward.Run(Pair.Teacher, [globals_BCHW]);
    }

    private void Diagnose(Dictionary<string, double> terms, DinoLossResult dino)
    {
        using var norm = _loss.Center.EuclideanNorm(1);
        terms["teacher_entropy"] = dino.TeacherEntropy!.ReadDouble();
        terms["teacher_kl_to_uniform"] = dino.TeacherKlToUniform!.ReadDouble();
        terms["center_norm"] = norm.ReadDouble();
    }
}
