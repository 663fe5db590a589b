using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;

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

    internal static IBackbone Create(BackboneConfig config, BackboneInitializationKind initialization, RandomStream random)
    {
        var backbone = BackboneFactory.Create(config, random);
        try
        {
            if (initialization == BackboneInitializationKind.FanIn)
            {
                BackboneInitialization.ApplyFanIn(backbone, random);
            }

            return backbone;
        }
        catch
        {
            backbone.Dispose();
            throw;
        }
    }
}
