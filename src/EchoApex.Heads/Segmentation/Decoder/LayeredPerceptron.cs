// Shape legend: ... = any leading dimensions, I, O = input and output features.
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>Linear layers with ReLU between them; keys layers.0, layers.1 and so on.</summary>
internal sealed class LayeredPerceptron : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<Linear> _layers;

    public LayeredPerceptron(int inputDim, int hiddenDim, int outputDim, int depth)
        : base(nameof(LayeredPerceptron))
    {
        _layers = new ModuleList<Linear>([.. Enumerable.Range(0, depth).Select(i =>
            new Linear(i == 0 ? inputDim : hiddenDim, i == depth - 1 ? outputDim : hiddenDim))]);
        RegisterComponents();
    }

    /// <summary>The last layer.</summary>
    public Linear Last => _layers[^1];

    /// <summary>[..., I] to [..., O].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input;
        for (int i = 0; i < _layers.Count; i++)
        {
            x = _layers[i].forward(x);
            x = i < _layers.Count - 1 ? x.relu() : x;
        }

        return x.MoveToOuterDisposeScope();
    }
}
