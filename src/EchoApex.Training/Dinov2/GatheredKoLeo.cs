// Shape legend: B = images of this process, W = processes, D = feature dimension.
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>KoLeo over the features of all processes, with the gradient that one process holding all of them would have.</summary>
/// <remarks>
/// Every process computes the whole loss; only its own rows carry gradient. What remains is a factor: the processes'
/// gradients are averaged later, but here they are parts of a sum.
/// </remarks>
internal static class GatheredKoLeo
{
    public static Tensor Compute(Tensor features_BD, ICollective processes)
    {
        using var scope = NewDisposeScope();
        var own_BD = features_BD.contiguous();
        long rows = own_BD.shape[0];
        Tensor all_WBD;
        using (no_grad())
        {
            all_WBD = zeros([rows * processes.WorldSize, own_BD.shape[1]], own_BD.dtype, own_BD.device);
            processes.AllGather(own_BD.detach(), all_WBD);
        }

        long before = rows * processes.Rank;
        long after = all_WBD.shape[0] - before - rows;
        var loss = KoLeoLoss.Compute(cat([all_WBD.narrow(0, 0, before), own_BD, all_WBD.narrow(0, before + rows, after)], 0));
        return loss.Times(processes.WorldSize).sub(loss.detach().Times(processes.WorldSize - 1)).MoveToOuterDisposeScope();
    }
}
