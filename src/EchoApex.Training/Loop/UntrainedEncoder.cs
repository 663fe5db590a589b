using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>The encoder that a pretraining run began with: the baseline that shows what training itself has added.</summary>
public static class UntrainedEncoder
{
    /// <summary>Builds an encoder with the random weights that a run of the same seed starts from.</summary>
    /// <param name="config">What to build, as a model folder of the run records it.</param>
    /// <param name="initialization">How the weights start.</param>
    /// <param name="seed">The run's seed.</param>
    /// <returns>The encoder; the caller disposes it.</returns>
    /// <exception cref="ConfigurationException">The initialization is not for this kind of encoder.</exception>
    public static IBackbone Create(BackboneConfig config, BackboneInitializationKind initialization, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Create(config, initialization, RandomStream.For(seed, "initialization"));
    }

    /// <summary>
    /// Shows images to an encoder as training does, so that its BatchNorm layers hold the statistics of the data: what a
    /// ResNet's training really starts from. A new one has mean 0 and variance 1 instead, with which it is another network.
    /// </summary>
    /// <param name="backbone">The encoder, left in evaluation mode; its weights are not changed.</param>
    /// <param name="batches_BCHW">Batches of normalised images [B, C, H, W], disposed here. After 44 the old statistics weigh less than a hundredth.</param>
    public static void MeasureStatistics(IBackbone backbone, IEnumerable<Tensor> batches_BCHW)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(batches_BCHW);
        using var noGrad = no_grad();
        backbone.Module.train();
        try
        {
            foreach (var batch_BCHW in batches_BCHW)
            {
                using (batch_BCHW)
                {
                    backbone.Extract(batch_BCHW).Dispose();
                }
            }
        }
        finally
        {
            backbone.Module.eval();
        }
    }

    internal static IBackbone Create(BackboneConfig config, BackboneInitializationKind initialization, RandomStream random)
    {
        var backbone = BackboneFactory.Create(config, random);
        try
        {
            BackboneInitialization.Apply(initialization, backbone, random);
            return backbone;
        }
        catch
        {
            backbone.Dispose();
            throw;
        }
    }
}
