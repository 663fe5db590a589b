using EchoApex.Testing;
using EchoApex.Training.Optimization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Optimization;

/// <summary>A handful of parameters of odd sizes with given gradients.</summary>
internal sealed class ParametersFixture : IDisposable
{
    public ParametersFixture()
    {
        Parameters =
        [
            Make("body.weight", 7, 5), Make("body.bias", 7), Make("head.last_layer.weight_v", 9, 3), Make("head.mlp.weight", 33, 17),
        ];
        Flat = new FlatParameters(ParameterGroups.Dino(Parameters));
    }

    public IReadOnlyList<NamedParameter> Parameters { get; }

    public FlatParameters Flat { get; }

    public Parameter this[string name] => Parameters.Single(p => p.Name == name).Parameter;

    /// <summary>Sets all gradients to values that depend on the step, by an actual backward pass.</summary>
    public void Backward(int step, double scale = 1)
    {
        using var scope = NewDisposeScope();
        Flat.ZeroGradients();
        Tensor total = zeros(1);
        foreach (var (name, parameter) in Parameters)
        {
            total = total + (parameter * Gradient(name, parameter, step, scale)).sum();
        }

        total.backward();
    }

    public static Tensor Gradient(string name, Tensor parameter, int step, double scale = 1) =>
        GoldenCase.FillTensor($"{name}.{step}", parameter.shape, scale, 0);

    public float[] Values(string name)
    {
        using var view = this[name].detach();
        using var copy = view.clone();
        return copy.data<float>().ToArray();
    }

    public void Dispose()
    {
        Flat.Dispose();
        foreach (var (_, parameter) in Parameters)
        {
            parameter.Dispose();
        }
    }

    private static NamedParameter Make(string name, params long[] shape)
    {
        using var scope = NewDisposeScope();
        return new NamedParameter(name, new Parameter(GoldenCase.FillTensor(name, shape, 1, 0).clone().DetachFromDisposeScope()));
    }
}
