// Shape legend: B = samples, K = kept samples, ... = any further dimensions.
using EchoApex.Core.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>
/// Stochastic depth (Huang et al. 2016): while training, a residual branch is left out for some samples and scaled up
/// for the others. Two forms exist:
/// <list type="bullet">
/// <item>batch subset (DINOv2, dinov2/layers/block.py): exactly K = max(int(B (1 - rate)), 1) samples, chosen by a
/// permutation, go through the branch, which is scaled by B / K; the others cost nothing;</item>
/// <item>per sample (DINO v1, timm): each sample keeps the branch with probability 1 - rate, scaled by 1 / (1 - rate).</item>
/// </list>
/// </summary>
internal sealed class DropPath : nn.Module
{
    private readonly double _rate;
    private readonly bool _perSample;

    public DropPath(double rate, bool perSample)
        : base(nameof(DropPath))
    {
        _rate = rate;
        _perSample = perSample;
    }

    /// <summary>Where permutations and coin tosses come from.</summary>
    public RandomStream? Random { get; set; }

    /// <summary>Stands in for the stream's permutations, given B: for replaying a recorded run.</summary>
    public Func<int, int[]>? Permutation { get; set; }

    /// <summary>Whether branches are dropped at all now.</summary>
    public bool IsActive => _rate > 0 && training;

    /// <summary>The number of samples that the batch-subset form keeps.</summary>
    public static int Kept(int batch, double rate) => Math.Max((int)(batch * (1 - rate)), 1);

    /// <summary>x plus the branch of x with samples dropped; [B, ...].</summary>
    public Tensor AddResidual(Tensor x, Func<Tensor, Tensor> branch)
    {
        using var scope = NewDisposeScope();
        var sum = _perSample ? AddPerSample(x, branch) : AddSubset(x, branch);
        return sum.MoveToOuterDisposeScope();
    }

    private Tensor AddSubset(Tensor x, Func<Tensor, Tensor> branch)
    {
        int batch = checked((int)x.shape[0]);
        int kept = Kept(batch, _rate);
        int[] order = Permutation is null ? Stream.Permutation(batch) : Permutation(batch);
        long[] chosen = new long[kept];
        for (int i = 0; i < kept; i++)
        {
            chosen[i] = order[i];
        }

        var chosen_K = tensor(chosen, device: x.device);
        var update = branch(x.index_select(0, chosen_K));
        using Scalar scale = (double)batch / kept;
        return x.index_add(0, chosen_K, update, scale);
    }

    private Tensor AddPerSample(Tensor x, Func<Tensor, Tensor> branch)
    {
        int batch = checked((int)x.shape[0]);
        float[] factors = new float[batch];
        for (int i = 0; i < batch; i++)
        {
            factors[i] = Stream.NextBoolean(1 - _rate) ? (float)(1 / (1 - _rate)) : 0;
        }

        long[] shape = new long[x.dim()];
        Array.Fill(shape, 1);
        shape[0] = batch;
        using Scalar one = 1;
        return x.addcmul(branch(x), tensor(factors, dtype: x.dtype, device: x.device).view(shape), one);
    }

    private RandomStream Stream => Random ?? throw new InvalidOperationException("Stochastic depth needs a random stream while training: set the network's Random.");
}
