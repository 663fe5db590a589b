// Shape legend: N = patches of the position table (M x M), D = token dimension.
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>Our own starts; see <see cref="BackboneInitializationKind"/>.</summary>
internal static class BackboneInitialization
{
    private const double PositionScale = 0.3;
    private const string ResNetFamily = "resnet";

    // torchvision's name of the norm that ends a bottleneck block.
    private const string LastGain = ".bn3.weight";

    /// <summary>Gives a new encoder the start of a kind.</summary>
    /// <exception cref="ConfigurationException">The start is not for this kind of encoder.</exception>
    public static void Apply(BackboneInitializationKind kind, IBackbone backbone, RandomStream random)
    {
        if (Fault(kind, backbone.Config.Family == ResNetFamily) is { } fault)
        {
            throw new ConfigurationException("options", $"backbone.initialization: {fault}");
        }

        if (kind == BackboneInitializationKind.FanIn)
        {
            ApplyFanIn(backbone, random);
        }
        else if (kind == BackboneInitializationKind.ZeroResidual)
        {
            SilenceResiduals(backbone);
        }
    }

    /// <summary>What speaks against a start for a ResNet or a ViT; null when nothing does.</summary>
    public static string? Fault(BackboneInitializationKind kind, bool isResNet) => (kind, isResNet) switch
    {
        (BackboneInitializationKind.FanIn, true) => "fan_in is for vision transformers; a ResNet has reference and zero_residual",
        (BackboneInitializationKind.ZeroResidual, false) => "zero_residual is for ResNets; a vision transformer has reference and fan_in",
        _ => null,
    };

    // Every linear map of a ViT, and its position table.
    private static void ApplyFanIn(IBackbone backbone, RandomStream random)
    {
        foreach (var (name, parameter) in backbone.Module.named_parameters())
        {
            if (name == "pos_embed")
            {
                WritePositions(parameter, backbone.Config.ImageSize / backbone.Config.PatchSize);
            }
            else if (name.EndsWith(".weight", StringComparison.Ordinal) && parameter.dim() >= 2)
            {
                long fanIn = parameter.numel() / parameter.shape[0];
                WeightInitialization.Normal(parameter, random, 0, 1 / Math.Sqrt(fanIn));
            }
        }
    }

    private static void SilenceResiduals(IBackbone backbone)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (_, gain_C) in backbone.Module.named_parameters().Where(entry => entry.name.EndsWith(LastGain, StringComparison.Ordinal)))
        {
            gain_C.zero_();
        }
    }

    // A quarter of the channels each: sine and cosine of the row, sine and cosine of the column, with wavelengths that grow
    // geometrically up to 10,000 patches (Vaswani et al. 2017, section 3.5, once an axis). The cls slot stays zero.
    private static void WritePositions(Tensor positions_1TD, int side)
    {
        int width = (int)positions_1TD.shape[2];
        int quarter = width / 4;
        float[] table = new float[positions_1TD.numel()];
        for (int patch = 0; patch < side * side; patch++)
        {
            var row = table.AsSpan((1 + patch) * width, width);
            for (int i = 0; i < quarter; i++)
            {
                double frequency = Math.Pow(10_000, -(double)i / quarter);
                (double sinY, double cosY) = Math.SinCos(patch / side * frequency);
                (double sinX, double cosX) = Math.SinCos(patch % side * frequency);
                row[i] = (float)(PositionScale * sinY);
                row[quarter + i] = (float)(PositionScale * cosY);
                row[(2 * quarter) + i] = (float)(PositionScale * sinX);
                row[(3 * quarter) + i] = (float)(PositionScale * cosX);
            }
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        positions_1TD.copy_(tensor(table).reshape(positions_1TD.shape));
    }
}
