using static TorchSharp.torch;

namespace EchoApex.Heads.Evaluation;

/// <summary>Puts networks into evaluation mode and back into what they were in, and records no gradient meanwhile.</summary>
internal sealed class EvaluationMode : IDisposable
{
    private readonly List<nn.Module> _trained;
    private readonly IDisposable _noGrad = no_grad();

    public EvaluationMode(params IReadOnlyList<nn.Module> networks)
    {
        _trained = [.. networks.Where(network => network.training)];
        _trained.ForEach(network => network.eval());
    }

    public void Dispose()
    {
        _trained.ForEach(network => network.train());
        _noGrad.Dispose();
    }
}
