using static TorchSharp.torch;

namespace EchoApex.Heads.Evaluation;

/// <summary>Puts networks into evaluation mode and each of their parts back into what it was in; records no gradient meanwhile.</summary>
internal sealed class EvaluationMode : IDisposable
{
    private readonly List<(nn.Module Part, bool Training)> _parts;
    private readonly IDisposable _noGrad = no_grad();

    public EvaluationMode(params IReadOnlyList<nn.Module> networks)
    {
        _parts = [.. networks.SelectMany(network => network.modules().Prepend(network)).Select(part => (part, part.training))];
        foreach (var network in networks)
        {
            network.eval();
        }
    }

    public void Dispose()
    {
        // A part sets all that it holds; those come after it. A network is not among its own modules.
        foreach (var (part, training) in _parts)
        {
            part.train(training);
        }

        _noGrad.Dispose();
    }
}
