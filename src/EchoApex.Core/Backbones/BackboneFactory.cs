using EchoApex.Core.Backbones.ResNet;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Backbones;

/// <summary>Builds encoders.</summary>
public static class BackboneFactory
{
    /// <summary>Builds an encoder on the CPU, in float32 and training mode.</summary>
    /// <param name="config">What to build: <see cref="BackboneArchitectures.Get"/>, or sizes of your own.</param>
    /// <param name="initialization">
    /// Draws the initial weights as the reference does. Null when weights are about to be loaded: random weights are then
    /// left as uninitialised memory; what starts as a constant (norms, biases, LayerScale, mask token) is set all the same.
    /// </param>
    /// <returns>The encoder; the caller disposes it.</returns>
    /// <exception cref="ConfigurationException">The configuration has faults; the message lists all.</exception>
    /// <exception cref="NativeRuntimeException">libtorch cannot be used on this machine.</exception>
    public static IBackbone Create(BackboneConfig config, RandomStream? initialization = null)
    {
        BackboneValidation.ThrowIfInvalid(config);
        TorchRuntime.EnsureAvailable();
        return config.Family == "vit" ? new VisionTransformerBackbone(config, initialization) : new ResNetBackbone(config, initialization);
    }
}
