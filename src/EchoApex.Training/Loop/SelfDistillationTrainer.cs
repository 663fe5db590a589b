// Shape legend: G = 2 global crops, L = local crops, B = samples, S, s = side of a global and a local crop.
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Distributed;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>
/// What the training steps of DINO and DINOv2 share: student and teacher, flat parameters, optimizer, moving average, the
/// state of a checkpoint.
/// </summary>
/// <remarks>
/// All random numbers of step t come from (seed, t), so a checkpoint holds no generator state.
/// <para>Thread safety: an instance belongs to the thread that made it.</para>
/// </remarks>
public abstract class SelfDistillationTrainer : IDisposable
{
    private const string OptimizerPrefix = "optimizer.";
    private const string LossPrefix = "loss.";
    private const string UsageName = "monitor.prototype_last_step";

    private readonly FlatParameters _parameters;
    private readonly IOptimizer _optimizer;
    private readonly TeacherUpdate _teacherUpdate;
    private readonly TrainerExchange? _exchange;

    private protected SelfDistillationTrainer(
        PretrainingOptions options,
        PretrainingSchedules schedules,
        Func<IEnumerable<NamedParameter>, IReadOnlyList<ParameterGroup>> group,
        ICollective? processes,
        Device? device)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(schedules);
        (Options, Schedules) = (options, schedules);
        Processes = processes ?? new SingleProcess();
        Device = device ?? CPU;
        Pair = SelfDistillationNetworks.CreatePair(options);

        // Before the flat buffers are made: a later move would tear them apart.
        Pair.MoveTo(Device);
        _parameters = new FlatParameters(group(Pair.Student.NamedParameters()));
        _optimizer = options.Optimization.CreateOptimizer(_parameters);
        _teacherUpdate = new TeacherUpdate(Pair, _parameters);
        Usage = new PrototypeUsage(options.Head.Prototypes);
        if (Processes.WorldSize > 1)
        {
            _exchange = new TrainerExchange(Processes, Device, _parameters, Pair);
        }
    }

    /// <summary>The teacher's encoder, which a run keeps in the end.</summary>
    public IBackbone TeacherBackbone => Pair.Teacher.Backbone;

    internal StudentTeacherPair Pair { get; }

    /// <summary>Shares the time of the steps out; the caller enters what lies between them.</summary>
    internal StepClock Clock { get; } = new();

    /// <summary>Norms of the last step's gradients, before clipping.</summary>
    internal GradientNorms? LastGradientNorms { get; private set; }

    /// <summary>Whether gradients are computed and measured even when the loss is not finite, to see where.</summary>
    internal bool TraceNonFinite { get; set; }

    /// <summary>The optimizer's parameter groups.</summary>
    internal IReadOnlyList<FlatGroup> Groups => _parameters.Groups;

    /// <summary>All processes of the run; batches given to <see cref="Step"/> are this process's share.</summary>
    internal ICollective Processes { get; }

    /// <summary>Where networks, losses and batches live.</summary>
    internal Device Device { get; }

    private protected PrototypeUsage Usage { get; }

    private protected PretrainingOptions Options { get; }

    private protected PretrainingSchedules Schedules { get; }

    /// <summary>One training step.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="globals_BCHW">Global crops [G * B, 3, S, S], crop-major.</param>
    /// <param name="locals_BCHW">Local crops [L * B, 3, s, s], crop-major; null without local crops.</param>
    /// <param name="diagnostics">Whether entropy, center and feature rank are measured.</param>
    /// <returns>When loss or gradients are not finite, weights, optimizer and centers are as they were before; running statistics of BatchNorm, which no training step reads, have seen the batch.</returns>
    public TrainingStep Step(long step, Tensor globals_BCHW, Tensor? locals_BCHW, bool diagnostics)
    {
        ArgumentNullException.ThrowIfNull(globals_BCHW);
        var before = SaveLossState();
        try
        {
            var result = StepCore(step, globals_BCHW, locals_BCHW, diagnostics);
            if (!result.IsFinite)
            {
                LoadLossState(before);
            }

            return result;
        }
        finally
        {
            Clock.Enter(StepPhase.Other);
            foreach (var value in before.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <summary>Starts student and teacher from the weights that the options name, if any.</summary>
    /// <exception cref="CheckpointException">Weights are damaged or do not fit.</exception>
    internal void LoadStartingWeights()
    {
        var student = Pair.Student;
        if (Options.Backbone.Weights is { } backbone)
        {
            StartingWeights.LoadBackbone(student.Backbone, backbone);
        }

        if (Options.Head.Weights is { } head)
        {
            StartingWeights.LoadHead(student.Head, head, "head");
        }

        if (student.PatchHead is not null && Options.Ibot.Head.Weights is { } patchHead)
        {
            StartingWeights.LoadHead(student.PatchHead, patchHead, "ibot_head", "head");
        }

        Pair.CopyStudent();
        _exchange?.BroadcastWeights(Pair);
    }

    /// <summary>Everything that a resumed run needs, by name: student., teacher., optimizer., loss., monitor. The caller disposes <paramref name="owned"/>.</summary>
    /// <param name="owned">Receives the tensors that are copies.</param>
    internal IEnumerable<KeyValuePair<string, Tensor>> SaveState(ICollection<Tensor> owned)
    {
        var state = new List<KeyValuePair<string, Tensor>>();
        foreach (var (prefix, network) in Networks())
        {
            state.AddRange(network.StateTensors().Select(entry => KeyValuePair.Create(prefix + entry.Key, entry.Value)));
        }

        foreach (var (prefix, copies) in new[] { (OptimizerPrefix, _optimizer.SaveState()), (LossPrefix, SaveLossState()) })
        {
            foreach (var (name, value) in copies)
            {
                owned.Add(value);
                state.Add(KeyValuePair.Create(prefix + name, value));
            }
        }

        state.Add(KeyValuePair.Create(UsageName, Usage.LastStep));

        return state;
    }

    /// <summary>Weights of student and teacher by name; they stay the networks'.</summary>
    internal IEnumerable<KeyValuePair<string, Tensor>> Weights() =>
        Networks().SelectMany(entry => entry.Network.NamedParameters().Select(named => KeyValuePair.Create<string, Tensor>(entry.Prefix + named.Name, named.Parameter)));

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
        LoadLossState(Read(source, LossPrefix));

        // Checkpoints of earlier builds have none: usage is then counted afresh.
        if (source.Tensors.ContainsKey(UsageName))
        {
            source.CopyTo(UsageName, Usage.LastStep);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees networks, buffers and losses.</summary>
    /// <param name="disposing">False when called by a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _exchange?.Dispose();
            Usage.Dispose();
            _teacherUpdate.Dispose();
            _optimizer.Dispose();
            _parameters.Dispose();
            Pair.Dispose();
        }
    }

    private protected abstract TrainingStep StepCore(long step, Tensor globals_BCHW, Tensor? locals_BCHW, bool diagnostics);

    /// <summary>A copy of the losses' state (centers); the caller disposes it.</summary>
    private protected abstract IReadOnlyDictionary<string, Tensor> SaveLossState();

    /// <summary>Restores the losses' state; the given tensors stay the caller's.</summary>
    private protected abstract void LoadLossState(IReadOnlyDictionary<string, Tensor> state);

    /// <summary>Gives the student's stochastic depth the stream of this step.</summary>
    private protected void SeedStochasticDepth(long step)
    {
        if (Options.Backbone.DropPathRate > 0 && Pair.Student.Backbone is IStochasticModule stochastic)
        {
            // Each process drops blocks for its own samples.
            stochastic.Random = Processes.WorldSize == 1
                ? RandomStream.For(Options.Seed, "stochastic-depth", step)
                : RandomStream.For(Options.Seed, "stochastic-depth", step, Processes.Rank);
        }
    }

    /// <summary>The two global crops' KoLeo terms, summed; null when it is turned off.</summary>
    /// <param name="cls_RD">The student's cls vectors, global crops first.</param>
    /// <param name="batch">B.</param>
    private protected Tensor? KoLeo(Tensor cls_RD, long batch)
    {
        if (Options.Targets.KoleoWeight == 0)
        {
            return null;
        }

        return KoLeoOf(cls_RD.narrow(0, 0, batch)).Plus(KoLeoOf(cls_RD.narrow(0, batch, batch)));
    }

    private Tensor KoLeoOf(Tensor cls_BD) => Options.Targets.KoleoScope == KoLeoScope.AllProcesses && Processes.WorldSize > 1
        ? GatheredKoLeo.Compute(cls_BD, Processes)
        : KoLeoLoss.Compute(cls_BD);

    /// <summary>What the teacher's cls vectors and the prototypes' use say of a collapse.</summary>
    private protected void DiagnoseFeatures(Dictionary<string, double> terms, Tensor cls_RD, long step)
    {
        Usage.Merge(Processes, Device);
        terms["prototype_usage"] = Usage.ShareAt(step, cls_RD.shape[0] * Processes.WorldSize);
        terms["feature_rank"] = EffectiveRank.Of(cls_RD);
        terms["feature_std"] = FeatureSpread.Of(cls_RD);
    }

    /// <summary>This process's share of a step's samples.</summary>
    private protected BatchPart ShareOf(Tensor globals_BCHW)
    {
        long batch = globals_BCHW.shape[0] / DinoLoss.GlobalCrops;
        return new BatchPart(batch * Processes.Rank, batch, batch * Processes.WorldSize);
    }

    /// <summary>The parts in which this process's samples of a step go through the networks.</summary>
    private protected IReadOnlyList<BatchPart> PartsOf(Tensor globals_BCHW) =>
        BatchPart.Split(globals_BCHW.shape[0] / DinoLoss.GlobalCrops, Options.Optimization.AccumulationSteps);

    /// <summary>Student pass, loss and gradients, part by part; the gradients are those of the mean over the parts.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="terms">Receives the mean of each term.</param>
    /// <param name="forward">The loss of a part and its terms.</param>
    /// <returns>False when a loss is not finite, here or on another process.</returns>
    private protected bool Accumulate(IReadOnlyList<BatchPart> parts, Dictionary<string, double> terms, Func<BatchPart, (Tensor Total, IReadOnlyDictionary<string, double> Terms)> forward)
    {
        _parameters.ZeroGradients();
        bool finite = true;
        foreach (var part in parts)
        {
            using var scope = NewDisposeScope();
            Clock.Enter(StepPhase.Student);
            var (total, values) = forward(part);
            foreach (var (name, value) in values)
            {
                terms[name] = terms.GetValueOrDefault(name) + (value / parts.Count);
            }

            finite &= double.IsFinite(total.ReadDouble());
            if (!finite && !TraceNonFinite && _exchange is null)
            {
                return false;
            }

            // With several processes even a loss that is not finite goes on: the others are waiting for these gradients.
            Clock.Enter(StepPhase.Backward);
            if (part.Start + part.Count == part.Batch)
            {
                _exchange?.Arm();
            }

            int shares = parts.Count * Processes.WorldSize;
            (shares == 1 ? total : total.DividedBy(shares)).backward();
        }

        if (_exchange is not null)
        {
            Clock.Enter(StepPhase.Reduction);
            _exchange.FinishGradients();
            LossIsFinite = finite;
            finite = _exchange.AllAgree(finite);
        }

        if (!finite)
        {
            LastGradientNorms = GradientClipping.Measure(_parameters);
        }

        return finite;
    }

    /// <summary>Clips, steps and moves the teacher.</summary>
    /// <returns>False when gradients are not finite; weights are then as they were.</returns>
    private protected bool Update(in ScheduledValues now, in OptimizerStep step, Dictionary<string, double> terms)
    {
        Clock.Enter(StepPhase.Optimizer);
        var norms = Clip();
        LastGradientNorms = norms;
        terms["gradient_norm"] = norms.Total;
        foreach (var module in norms.Names.GroupBy(name => name.Split('.')[0]))
        {
            terms["gradient_norm_" + module.Key] = Math.Sqrt(module.Sum(name => (double)norms[name] * norms[name]));
        }

        if (!norms.IsFinite)
        {
            return false;
        }

        _optimizer.Step(step);
        _teacherUpdate.Apply(now.TeacherMomentum);
        Clock.Enter(StepPhase.Other);
        terms["learning_rate"] = now.LearningRate;
        terms["weight_decay"] = now.WeightDecay;
        terms["teacher_momentum"] = now.TeacherMomentum;
        terms["teacher_temperature"] = now.TeacherTemperature;
        return true;
    }

    /// <summary>Whether this process's own loss was finite in the last step.</summary>
    internal bool LossIsFinite { get; private set; } = true;

    /// <summary>Makes the count of used prototypes that of all processes.</summary>
    internal void MergeUsage() => Usage.Merge(Processes, Device);

    /// <summary>A fingerprint of student, teacher, optimizer and losses, equal on all processes while they agree to the bit.</summary>
    internal byte[] Fingerprint()
    {
        var owned = new List<Tensor>();
        try
        {
            using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
            foreach (var (_, value) in SaveState(owned))
            {
                using var scope = NewDisposeScope();
                hash.AppendData(value.detach().cpu().contiguous().bytes);
            }

            return hash.GetHashAndReset();
        }
        finally
        {
            owned.ForEach(tensor => tensor.Dispose());
        }
    }

    private GradientNorms Clip()
    {
        double maximum = Options.Optimization.ClipGradient;
        return maximum == 0 ? GradientClipping.Measure(_parameters)
            : Options.Optimization.ClippingKind == ClippingKind.EachParameter ? GradientClipping.ClipEachParameter(_parameters, maximum)
            : GradientClipping.ClipEachModule(_parameters, maximum);
    }

    private IEnumerable<(string Prefix, SelfDistillationNetwork Network)> Networks() => [("student.", Pair.Student), ("teacher.", Pair.Teacher)];

    private static Dictionary<string, Tensor> Read(ITensorSource source, string prefix) =>
        source.Tensors.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(name => name[prefix.Length..], source.Read, StringComparer.Ordinal);
}
