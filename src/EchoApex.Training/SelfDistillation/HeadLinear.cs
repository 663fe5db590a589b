using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// A Linear layer whose weights are not drawn from torch's global generator: they come from a random stream, or stay
/// uninitialised because a checkpoint is about to fill them.
/// </summary>
internal sealed class HeadLinear : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;

    public HeadLinear(int inputs, int outputs, double std, RandomStream? random)
        : base(nameof(HeadLinear))
    {
        _weight = new Parameter(empty(outputs, inputs));
        _bias = new Parameter(zeros(outputs));
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
        if (random is not null)
        {
            WeightInitialization.TruncatedNormal(_weight, random, std: std);
        }
    }

    public override Tensor forward(Tensor input) => nn.functional.linear(input, _weight, _bias);
}
