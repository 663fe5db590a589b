using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>Anything that turns frames into features: an encoder, or raw pixels to compare it with.</summary>
public interface IFrameEncoder
{
    /// <summary>What a table calls it.</summary>
    string Name { get; }

    /// <summary>Features of a batch.</summary>
    /// <param name="batch">Frames; they stay the caller's.</param>
    /// <param name="patches">Whether features of patches are wanted.</param>
    FrameFeatures Encode(LabelledFrameBatch batch, bool patches);
}
