using System.Runtime;

namespace EchoApex.Core.Runtime;

/// <summary>
/// Moves garbage collections of the process to moments at which this thread is in no native call.
/// </summary>
/// <remarks>
/// TorchSharp 0.107 passes numbers, even the hidden 1 of <c>a + b</c>, as finalizable Scalar objects and keeps no reference
/// during the native call. In optimised code a collection at that instant lets the finalizer free the scalar while libtorch
/// reads it: "Unknown scalar type", or silently another number. Beside loader threads that allocate, a training run meets
/// it within minutes. Inside the pause no collection starts, except when more than the budget is allocated between two
/// calls of <see cref="Renew"/>; what <see cref="Renew"/> collects was dead before it.
/// </remarks>
public sealed class CollectionPause : IDisposable
{
    private const long Budget = 224L << 20;

    private readonly bool _owns;
    private long _start;

    /// <summary>Begins the pause; without effect when the application has paused collections itself.</summary>
    public CollectionPause()
    {
        _owns = GCSettings.LatencyMode != GCLatencyMode.NoGCRegion;
        Begin();
    }

    /// <summary>Collects now when a quarter of the budget is used. Call it between units of work.</summary>
    public void Renew()
    {
        SignalStacks.Protect();
        if (GCSettings.LatencyMode != GCLatencyMode.NoGCRegion || GC.GetTotalAllocatedBytes() - _start > Budget / 4)
        {
            End();

            // Starting a pause only finds room for its budget, in new memory where it can: without this nothing is ever freed.
            GC.Collect();
            Begin();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    private void Begin()
    {
        if (_owns && GC.TryStartNoGCRegion(Budget))
        {
            _start = GC.GetTotalAllocatedBytes();
        }
    }

    private void End()
    {
        // A collection that came in spite of the pause has ended it already.
        if (_owns && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }
    }
}
