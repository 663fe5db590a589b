namespace EchoApex.Core.Backbones;

/// <summary>Learns how far a backward pass has come, so that gradients can be reduced while it still runs.</summary>
/// <remarks>Calls come on the thread that runs the pass. One step may hold several forward passes; each is counted.</remarks>
public interface IBackwardObserver
{
    /// <summary>A forward pass that will have gradients enters a block.</summary>
    /// <param name="block">Zero-based block, front to back.</param>
    void Entered(int block);

    /// <summary>The backward pass of one forward pass has left a block: the gradients of its parameters have been added.</summary>
    /// <param name="block">Zero-based block; the last one comes first.</param>
    void Left(int block);
}
