using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>
/// AdamW over flat buffers: one fused kernel a group (libtorch's _fused_adamw_), with the numbers of PyTorch's AdamW.
/// </summary>
/// <remarks>
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization". Each group counts its own steps, so that a group that is
/// held still (<see cref="OptimizerStep.SkipLastLayer"/>) starts with fresh bias correction.
/// Saved state: exp_avg.NAME and exp_avg_sq.NAME for each parameter, step.GROUP (int64) for each group.
/// </remarks>
public sealed class AdamW : IOptimizer
{
    private readonly AdamWOptions _options;
    private readonly GroupState[] _groups;
    private readonly bool _fused;

    /// <summary>Starts with zero moments.</summary>
    /// <param name="parameters">Flat parameters; they stay the caller's and must live as long as the optimizer.</param>
    /// <param name="options">Constants; null for the usual ones.</param>
    /// <exception cref="ConfigurationException">An option lies outside its range.</exception>
    public AdamW(FlatParameters parameters, AdamWOptions? options = null)
        : this(parameters, options, FusedKernels.IsAvailable)
    {
    }

    internal AdamW(FlatParameters parameters, AdamWOptions? options, bool fused)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _options = options ?? new AdamWOptions();
        OptionsValidator.Validate(_options, "AdamW");
        _fused = fused;
        Parameters = parameters;
        _groups = [.. parameters.Groups.Select(group => new GroupState(group))];
    }

    /// <inheritdoc/>
    public FlatParameters Parameters { get; }

    /// <inheritdoc/>
    public void Step(in OptimizerStep step)
    {
        using var noGrad = no_grad();
        foreach (var state in _groups)
        {
            if (step.SkipLastLayer && state.Group.Definition.IsLastLayer)
            {
                continue;
            }

            state.Steps++;
            var (rate, decay) = step.For(state.Group.Definition);
            if (_fused)
            {
                FusedKernels.AdamW(
                    state.Group.Values, state.Group.Gradients, state.Mean, state.Square, state.Steps, rate, decay, _options);
            }
            else
            {
                PlainStep(state, rate, decay);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> SaveState()
    {
        var saved = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var state in _groups)
        {
            saved["step." + state.Group.Definition.Name] = tensor(new[] { state.Steps });
            FlatState.Save(saved, "exp_avg.", state.Group, state.Mean);
            FlatState.Save(saved, "exp_avg_sq.", state.Group, state.Square);
        }

        return saved;
    }

    /// <inheritdoc/>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var group in _groups)
        {
            FlatState.Check(state, "exp_avg.", group.Group);
            FlatState.Check(state, "exp_avg_sq.", group.Group);
            FlatState.ReadCount(state, "step." + group.Group.Definition.Name);
        }

        foreach (var group in _groups)
        {
            FlatState.Load(state, "exp_avg.", group.Group, group.Mean);
            FlatState.Load(state, "exp_avg_sq.", group.Group, group.Square);
            group.Steps = FlatState.ReadCount(state, "step." + group.Group.Definition.Name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var state in _groups)
        {
            state.Mean.Dispose();
            state.Square.Dispose();
        }
    }

    // The same arithmetic in ordinary calls, in pieces that stay in the cache; used where the fused kernel is out of reach.
    private void PlainStep(GroupState state, double rate, double decay)
    {
        const long Chunk = 1 << 16;
        double correction1 = 1 - Math.Pow(_options.Beta1, state.Steps);
        double correction2 = Math.Sqrt(1 - Math.Pow(_options.Beta2, state.Steps));
        long total = state.Mean.shape[0];
        for (long start = 0; start < total; start += Chunk)
        {
            using var scope = NewDisposeScope();
            long length = Math.Min(Chunk, total - start);
            var values = state.Group.Values.narrow(0, start, length);
            var gradients = state.Group.Gradients.narrow(0, start, length);
            var mean = state.Mean.narrow(0, start, length);
            var square = state.Square.narrow(0, start, length);
            values.mul_(1 - (rate * decay));
            mean.lerp_(gradients, 1 - _options.Beta1);
            square.mul_(_options.Beta2).addcmul_(gradients, gradients, 1 - _options.Beta2);
            var denominator = square.sqrt().div_(correction2).add_(_options.Epsilon);
            values.addcdiv_(mean, denominator, -rate / correction1);
        }
    }

    private sealed class GroupState(FlatGroup group)
    {
        public FlatGroup Group { get; } = group;

        public Tensor Mean { get; } = group.NewBuffer();

        public Tensor Square { get; } = group.NewBuffer();

        public long Steps { get; set; }
    }
}
