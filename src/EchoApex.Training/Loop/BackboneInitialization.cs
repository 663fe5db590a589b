// Shape legend: N = patches of the position table (M x M), D = token dimension.
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>Our own start for narrow networks; see <see cref="BackboneInitializationKind.FanIn"/>.</summary>
internal static class BackboneInitialization
{
    private const double PositionScale = 0.3;

    /// <summary>Overwrites the weights of a ViT's linear maps and its position table.</summary>
    /// <exception cref="ConfigurationException">The encoder is not a ViT.</exception>
    public static void ApplyFanIn(IBackbone backbone, RandomStream random)
    {
        if (backbone.Config.Family != "vit")
        {
            throw new ConfigurationException("options", $"backbone.initialization: fan_in is for vision transformers, not for {backbone.Config.Architecture}; use reference.");
        }

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
