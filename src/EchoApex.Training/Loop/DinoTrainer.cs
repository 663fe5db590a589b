// Shape legend: G = 2 global crops, L = local crops, B = samples, S, s = side of a global and a local crop.
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>
/// Student, teacher, loss and optimizer of DINO v1, and the step that ties them together (main_dino.py, train_one_epoch).
/// </summary>
/// <remarks>
/// All random numbers of step t come from (seed, t), so a checkpoint holds no generator state.
/// <para>Thread safety: an instance belongs to the thread that made it.</para>
/// </remarks>
public sealed class DinoTrainer : IDisposable
{
    private const string OptimizerPrefix = "optimizer.";
    private const string LossPrefix = "loss.";

    private readonly PretrainingOptions _options;
    private readonly PretrainingSchedules _schedules;
    private readonly StudentTeacherPair _pair;
    private readonly FlatParameters _parameters;
    private readonly AdamW _optimizer;
    private readonly TeacherUpdate _teacherUpdate;
    private readonly DinoLoss _loss;

    /// <summary>Builds the networks with fresh weights.</summary>
    /// <exception cref="ConfigurationException">Options do not fit together.</exception>
    public DinoTrainer(PretrainingOptions options, PretrainingSchedules schedules)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(schedules);
        (_options, _schedules) = (options, schedules);
        _pair = new StudentTeacherPair(CreateNetwork(forTeacher: false), CreateNetwork(forTeacher: true));

        // DINO leaves the teacher in training mode: a BatchNorm in it uses the statistics of its own batch.
        _pair.Student.Train();
        _pair.Teacher.Train();
        _parameters = new FlatParameters(ParameterGroups.Dino(_pair.Student.NamedParameters()));
        _optimizer = new AdamW(_parameters);
        _teacherUpdate = new TeacherUpdate(_pair, _parameters);
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

    /// <summary>The teacher's encoder, which a run keeps in the end.</summary>
    public IBackbone TeacherBackbone => _pair.Teacher.Backbone;

    internal StudentTeacherPair Pair => _pair;

    /// <summary>Starts student and teacher from given encoder weights; the heads stay as they are.</summary>
    /// <param name="path">A model folder, or a weights file with the reference's key names.</param>
    /// <exception cref="CheckpointException">The weights are damaged or do not fit the encoder.</exception>
    internal void LoadBackbone(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, ModelFolder.WeightsFile) : path;
        using (var source = TensorSource.Open(file))
        {
            StateDictLoader.Load(_pair.Student.Backbone.Module, source);
        }

        _pair.CopyStudent();
    }

    /// <summary>One training step.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="globals_BCHW">Global crops [G * B, 3, S, S], crop-major.</param>
    /// <param name="locals_BCHW">Local crops [L * B, 3, s, s], crop-major; null without local crops.</param>
    /// <param name="diagnostics">Whether entropy, center and feature rank are measured.</param>
    public TrainingStep Step(long step, Tensor globals_BCHW, Tensor? locals_BCHW, bool diagnostics)
    {
        using var scope = NewDisposeScope();
        var now = _schedules.At(step);
        SeedStochasticDepth(step);

        using var teacher = TeacherForward(globals_BCHW);
        using var student = MultiCropForward.Run(_pair.Student, locals_BCHW is null ? [globals_BCHW] : [globals_BCHW, locals_BCHW]);
        using var dino = _loss.Compute(student.Logits, teacher.Logits, now.TeacherTemperature, diagnostics);
        var koleo = KoLeo(student.Cls, globals_BCHW.shape[0] / DinoLoss.GlobalCrops);
        var total = koleo is null ? dino.Loss : dino.Loss + koleo.Times(_options.Targets.KoleoWeight);

        var terms = new Dictionary<string, double> { ["loss"] = total.ReadDouble(), ["dino"] = dino.Loss.ReadDouble() };
        if (koleo is not null)
        {
            terms["koleo"] = koleo.ReadDouble();
        }

        if (!double.IsFinite(terms["loss"]))
        {
            return new TrainingStep(false, terms);
        }

        _parameters.ZeroGradients();
        total.backward();
        var norms = Clip();
        terms["gradient_norm"] = norms.Total;
        if (!norms.IsFinite)
        {
            return new TrainingStep(false, terms);
        }

        _optimizer.Step(new OptimizerStep(now.LearningRate, now.WeightDecay) { SkipLastLayer = now.LastLayerFrozen });
        _teacherUpdate.Apply(now.TeacherMomentum);

        Report(terms, now);
        if (diagnostics)
        {
            Diagnose(terms, dino, teacher);
        }

        return new TrainingStep(true, terms);
    }

    /// <summary>Everything that a resumed run needs, by name: student., teacher., optimizer., loss. The caller disposes <paramref name="owned"/>.</summary>
    /// <param name="owned">Receives the tensors that are copies.</param>
    internal IEnumerable<KeyValuePair<string, Tensor>> SaveState(ICollection<Tensor> owned)
    {
        var state = new List<KeyValuePair<string, Tensor>>();
        foreach (var (prefix, network) in Networks())
        {
            state.AddRange(network.StateTensors().Select(entry => KeyValuePair.Create(prefix + entry.Key, entry.Value)));
        }

        foreach (var (prefix, copies) in new[] { (OptimizerPrefix, _optimizer.SaveState()), (LossPrefix, _loss.SaveState()) })
        {
            foreach (var (name, value) in copies)
            {
                owned.Add(value);
                state.Add(KeyValuePair.Create(prefix + name, value));
            }
        }

        return state;
    }

    /// <summary>Restores a state of <see cref="SaveState"/> from a file.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    internal void LoadState(ITensorSource source)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (prefix, network) in Networks())
        {
            foreach (var (name, value) in network.StateTensors())
            {
                source.CopyTo(prefix + name, value);
            }
        }

        _optimizer.LoadState(Read(source, OptimizerPrefix));
        _loss.LoadState(Read(source, LossPrefix));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loss.Dispose();
        _teacherUpdate.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        _pair.Dispose();
    }

    private SelfDistillationNetwork CreateNetwork(bool forTeacher)
    {
        // The teacher's weights are copied from the student's, so they need no start of their own.
        var random = forTeacher ? null : RandomStream.For(_options.Seed, "initialization");
        var backbone = BackboneFactory.Create(_options.Backbone.ToConfig(forTeacher), random);
        if (random is not null && _options.Backbone.Initialization == BackboneInitializationKind.FanIn)
        {
            BackboneInitialization.ApplyFanIn(backbone, random);
        }

        return new SelfDistillationNetwork(backbone, new ProjectionHead(new ProjectionHeadOptions
        {
            InputDim = backbone.FeatureDimension,
            HiddenDim = _options.Head.HiddenDim,
            BottleneckDim = _options.Head.BottleneckDim,
            Prototypes = _options.Head.Prototypes,
            Layers = _options.Head.Layers,
            BatchNorm = _options.Head.BatchNorm,
            FreezeLastLayerNorm = _options.Head.FreezeLastLayerNorm,
            InitGain = _options.Head.InitGain,
        }, random));
    }

    private void SeedStochasticDepth(long step)
    {
        if (_options.Backbone.DropPathRate > 0 && _pair.Student.Backbone is IStochasticModule stochastic)
        {
            stochastic.Random = RandomStream.For(_options.Seed, "stochastic-depth", step);
        }
    }

    private MultiCropOutput TeacherForward(Tensor globals_BCHW)
    {
        using var noGrad = no_grad();
        return MultiCropForward.Run(_pair.Teacher, [globals_BCHW]);
    }

    private Tensor? KoLeo(Tensor cls_RD, long batch)
    {
        if (_options.Targets.KoleoWeight == 0)
        {
            return null;
        }

        return KoLeoLoss.Compute(cls_RD.narrow(0, 0, batch)) + KoLeoLoss.Compute(cls_RD.narrow(0, batch, batch));
    }

    private GradientNorms Clip()
    {
        double maximum = _options.Optimization.ClipGradient;
        return maximum == 0 ? GradientClipping.Measure(_parameters)
            : _options.Optimization.ClippingKind == ClippingKind.EachParameter ? GradientClipping.ClipEachParameter(_parameters, maximum)
            : GradientClipping.ClipEachModule(_parameters, maximum);
    }

    private static void Report(Dictionary<string, double> terms, ScheduledValues now)
    {
        terms["learning_rate"] = now.LearningRate;
        terms["weight_decay"] = now.WeightDecay;
        terms["teacher_momentum"] = now.TeacherMomentum;
        terms["teacher_temperature"] = now.TeacherTemperature;
    }

    private void Diagnose(Dictionary<string, double> terms, DinoLossResult dino, MultiCropOutput teacher)
    {
        using var norm = _loss.Center.EuclideanNorm(1);
        terms["teacher_entropy"] = dino.TeacherEntropy!.ReadDouble();
        terms["teacher_kl_to_uniform"] = dino.TeacherKlToUniform!.ReadDouble();
        terms["center_norm"] = norm.ReadDouble();
        terms["feature_rank"] = EffectiveRank.Of(teacher.Cls);
    }

    private IEnumerable<(string Prefix, SelfDistillationNetwork Network)> Networks() => [("student.", _pair.Student), ("teacher.", _pair.Teacher)];

    private static Dictionary<string, Tensor> Read(ITensorSource source, string prefix) =>
        source.Tensors.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(name => name[prefix.Length..], source.Read, StringComparer.Ordinal);
}
