using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets;

/// <summary>
/// Pictures for training without labels. One pass visits every unit equally often; a unit is a clip, or what else the data is
/// balanced by. Implementations may be used from several threads at once.
/// </summary>
public interface IFrameSource
{
    /// <summary>Units: what one pass visits.</summary>
    long UnitCount { get; }

    /// <summary>"clips", "patients", "frames": what units are called.</summary>
    string UnitName { get; }

    /// <summary>Digits that differ between different data, so that a run is not resumed with other data; null when unknown.</summary>
    string? Fingerprint { get; }

    /// <summary>What was left out so far, each once.</summary>
    IReadOnlyList<SkippedClip> Skipped { get; }

    /// <summary>The clip that a visit of a unit shows, for messages.</summary>
    /// <param name="unit">Zero-based unit.</param>
    /// <param name="visit">Earlier visits of this unit, from the start of the run.</param>
    string NameOf(long unit, long visit);

    /// <summary>
    /// Reads two random frames of one clip. What cannot be read is replaced by something that follows from the arguments alone, so
    /// that batches hold and do not depend on which thread came first.
    /// </summary>
    /// <param name="unit">Zero-based unit.</param>
    /// <param name="visit">Earlier visits of this unit, from the start of the run.</param>
    /// <param name="random">The sample's random numbers; as many are drawn whether or not a second frame is wanted.</param>
    /// <param name="wantsSecond">Whether the second frame is looked at.</param>
    /// <param name="worker">The thread's clock and memory.</param>
    /// <returns>Pictures that may lie in the worker's memory: they hold until its next read.</returns>
    /// <exception cref="DataException">Nothing can be read.</exception>
    FramePair Read(long unit, long visit, RandomStream random, bool wantsSecond, LoaderWorker worker);
}
