// Shape legend: B = maps, h, w = rows and columns, k = kernel side, I, O = input and output channels or features.
using EchoApex.Core.Export.Onnx;
using static TorchSharp.torch;

namespace EchoApex.Heads.Export;

/// <summary>The tensors of a head by their names, and its layers as parts of a graph.</summary>
internal sealed class HeadWeights
{
    private const int ChannelsAGroup = 8;

    private readonly Dictionary<string, Tensor> _tensors;

    /// <summary>Reads a head; its tensors stay its own.</summary>
    public HeadWeights(nn.Module head) => _tensors = head.state_dict();

    /// <summary>A tensor.</summary>
    public Tensor this[string name] => _tensors[name];

    /// <summary>A tensor, or null where the head has none of that name.</summary>
    public Tensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>A linear layer.</summary>
    public OnnxValue Linear(OnnxValue x, string name) => x.Linear(this[$"{name}.weight"], Find($"{name}.bias"));

    /// <summary>A layer normalisation.</summary>
    public OnnxValue LayerNorm(OnnxValue x, string name, double epsilon = 1e-6) => x.LayerNorm(this[$"{name}.weight"], this[$"{name}.bias"], epsilon);

    /// <summary>A convolution, [B, I, h, w] to [B, O, h / stride, w / stride] rounded up. Channels of the kernel that the input has not are left out: they would see zeros.</summary>
    public OnnxValue Convolution(OnnxValue x, string name, long stride = 1)
    {
        using var scope = NewDisposeScope();
        var weight = this[$"{name}.weight"].detach().narrow(1, 0, x.Size(1));
        var bias = Find($"{name}.bias");
        return x.Conv(x.Graph.Constant(weight), bias is null ? null : x.Graph.Constant(bias), stride, weight.shape[2] / 2);
    }

    /// <summary>Convolution, group normalisation, GELU.</summary>
    public OnnxValue ConvolutionUnit(OnnxValue x, string name, long stride = 1)
    {
        var map = Convolution(x, $"{name}.conv", stride);
        return map.GroupNorm(map.Size(1) / ChannelsAGroup, this[$"{name}.norm.weight"], this[$"{name}.norm.bias"], 1e-5).Gelu();
    }

    /// <summary>A convolution whose stride is its kernel, channels last: [B, h k, w k, I] to [B, h, w, O].</summary>
    public OnnxValue PatchConvolution(OnnxValue x, string name)
    {
        using var scope = NewDisposeScope();
        var weight = this[$"{name}.weight"].detach();
        var (kernel, inputs) = (weight.shape[2], x.Size(3));
        var flat = weight.permute(0, 2, 3, 1).reshape(weight.shape[0], -1);
        var (h, w) = (x.Size(1) / kernel, x.Size(2) / kernel);
        var patches = kernel == 1
            ? x
            : x.Reshape(x.Shape[0], h, kernel, w, kernel, inputs).Transpose(0, 1, 3, 2, 4, 5).Reshape(x.Shape[0], h, w, kernel * kernel * inputs);
        return patches.Linear(flat, Find($"{name}.bias"));
    }

    /// <summary>A transposed convolution whose stride is its kernel, channels last: [B, h, w, I] to [B, h k, w k, O].</summary>
    public OnnxValue TransposedPatchConvolution(OnnxValue x, string name)
    {
        using var scope = NewDisposeScope();
        var weight = this[$"{name}.weight"].detach();
        var (kernel, outputs, h, w) = (weight.shape[2], weight.shape[1], x.Size(1), x.Size(2));
        var flat = weight.permute(2, 3, 1, 0).reshape(-1, weight.shape[0]);
        var bias = this[$"{name}.bias"].detach().repeat(kernel * kernel);
        return x.Linear(flat, bias)
            .Reshape(x.Shape[0], h, w, kernel, kernel, outputs)
            .Transpose(0, 1, 3, 2, 4, 5)
            .Reshape(x.Shape[0], h * kernel, w * kernel, outputs);
    }

    /// <summary>Linear layers with ReLU between them, name.layers.0 and so on.</summary>
    public OnnxValue Perceptron(OnnxValue x, string name)
    {
        int depth = _tensors.Keys.Count(key => key.StartsWith($"{name}.layers.", StringComparison.Ordinal) && key.EndsWith(".weight", StringComparison.Ordinal));
        for (int i = 0; i < depth; i++)
        {
            x = Linear(x, $"{name}.layers.{i}");
            x = i < depth - 1 ? x.Relu() : x;
        }

        return x;
    }
}
