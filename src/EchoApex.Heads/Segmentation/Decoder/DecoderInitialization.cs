using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>PyTorch's default weights, as the reference leaves them: tables and the matrix of positions normal, all else uniform over ±1/sqrt(fan in).</summary>
internal static class DecoderInitialization
{
    /// <summary>Fills a module in the order of its parameters' names.</summary>
    public static void Fill(nn.Module module, RandomStream random)
    {
        foreach (var part in module.modules())
        {
            if (part is PositionEncoding positions)
            {
                WeightInitialization.Normal(positions.Matrix, random, 0, 1);
            }
        }

        double bound = 0;
        foreach (var (name, parameter) in module.named_parameters().OrderBy(pair => pair.name, StringComparer.Ordinal).GroupBy(pair => Owner(pair.name)).SelectMany(WeightFirst))
        {
            if (name.EndsWith(".weight", StringComparison.Ordinal))
            {
                bound = 0;
                if (IsTable(name))
                {
                    WeightInitialization.Normal(parameter, random, 0, 1);
                }
                else if (parameter.dim() > 1)
                {
                    bound = WeightInitialization.KaimingUniform(parameter, random);
                }
            }
            else if (bound > 0)
            {
                WeightInitialization.Uniform(parameter, random, -bound, bound);
            }
        }
    }

    /// <summary>Sets all parameters of a module to 0.</summary>
    public static void Zero(nn.Module module)
    {
        foreach (var parameter in module.parameters())
        {
            nn.init.zeros_(parameter);
        }
    }

    private static bool IsTable(string name) =>
        name.Contains("_embed", StringComparison.Ordinal) || name.Contains("_token.", StringComparison.Ordinal) || name.Contains("_tokens.", StringComparison.Ordinal);

    private static string Owner(string name) => name[..(name.LastIndexOf('.') + 1)];

    // A bias takes the bound of the weight beside it; the norms' weights have one dimension and keep 1 and 0.
    private static IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> WeightFirst(IEnumerable<(string name, TorchSharp.Modules.Parameter parameter)> group) =>
        group.OrderByDescending(pair => pair.name, StringComparer.Ordinal);
}
