using EchoApex.Core.Runtime;

namespace EchoApex.Core.Layers;

/// <summary>A network that draws random numbers while it trains (stochastic depth).</summary>
/// <remarks>
/// A training loop gives it a stream of its own, saves <see cref="RandomStream.SaveState"/> with each checkpoint and
/// restores it on resume, so that a resumed run draws the very numbers that an uninterrupted one would have drawn.
/// </remarks>
public interface IStochasticModule
{
    /// <summary>The stream that all layers of the network draw from, in the order in which they run.</summary>
    RandomStream Random { get; set; }
}
