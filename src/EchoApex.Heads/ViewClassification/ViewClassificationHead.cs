// Shape legend: B = images, D = feature dimension, C = views.
using EchoApex.Core.Backbones;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.ViewClassification;

/// <summary>A linear layer on the cls token, or on cls token and mean patch token joined. EchoApex, view classification: "CLS token, linear layer".</summary>
public sealed class ViewClassificationHead : nn.Module
{
    private readonly bool _meanPatch;

    [ComponentName(Name = "classifier")]
    private readonly Linear _classifier;

    /// <summary>Creates the head; its weights are drawn.</summary>
    /// <param name="featureDimension">D.</param>
    /// <param name="views">C.</param>
    /// <param name="meanPatch">Whether the mean patch token joins in.</param>
    /// <param name="random">The stream of the weights.</param>
    public ViewClassificationHead(int featureDimension, int views, bool meanPatch, RandomStream random)
        : base(nameof(ViewClassificationHead))
    {
        ArgumentNullException.ThrowIfNull(random);
        _meanPatch = meanPatch;
        _classifier = new Linear(featureDimension * (meanPatch ? 2L : 1L), views);
        _classifier.Initialize(random);
        RegisterComponents();
    }

    /// <summary>Logits of the views.</summary>
    /// <param name="features">Features of B images.</param>
    /// <returns>[B, C].</returns>
    public Tensor Classify(BackboneFeatures features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (!_meanPatch)
        {
            return _classifier.forward(features.Cls);
        }

        using var mean_BD = features.Patches.mean([1]);
        using var joined_B2D = cat([features.Cls, mean_BD], 1);
        return _classifier.forward(joined_B2D);
    }
}
