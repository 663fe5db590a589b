using static TorchSharp.torch;

namespace EchoApex.Core.Tasks;

/// <summary>The loss of a batch.</summary>
/// <param name="Total">The scalar that is minimised, with its graph.</param>
/// <param name="Terms">Its parts by name, detached scalars, for the log; may be empty.</param>
public sealed record TaskLoss(Tensor Total, IReadOnlyDictionary<string, Tensor> Terms) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Total.Dispose();
        foreach (var term in Terms.Values)
        {
            term.Dispose();
        }
    }
}
