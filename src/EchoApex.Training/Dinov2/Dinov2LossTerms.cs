using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>The losses of a step, scalars in the step's dispose scope; null for a term that is turned off.</summary>
/// <param name="Total">What is back-propagated.</param>
/// <param name="LocalCrops">Loss of the local crops' cls tokens, divided by the number of terms, without its weight.</param>
/// <param name="GlobalCrops">The same of the global crops.</param>
/// <param name="Koleo">KoLeo of both global crops, with its weight.</param>
/// <param name="Ibot">Loss of the hidden patches, without its weight.</param>
internal sealed record Dinov2LossTerms(Tensor Total, Tensor? LocalCrops, Tensor? GlobalCrops, Tensor? Koleo, Tensor? Ibot)
{
    // Upstream logs KoLeo and patch loss at half of what is back-propagated, and their sum as the total.
    private const double LogScale = 0.5;

    /// <summary>The terms under upstream's names and at its scale, and "loss", which is <see cref="Total"/>.</summary>
    public Dictionary<string, double> ToLog()
    {
        var terms = new Dictionary<string, double>();
        Add(terms, "dino_local_crops_loss", LocalCrops, 1);
        Add(terms, "dino_global_crops_loss", GlobalCrops, 1);
        Add(terms, "koleo_loss", Koleo, LogScale);
        Add(terms, "ibot_loss", Ibot, LogScale);
        terms["total_loss"] = terms.Values.Sum();
        terms["loss"] = Total.ReadDouble();
        return terms;
    }

    private static void Add(Dictionary<string, double> terms, string name, Tensor? value, double scale)
    {
        if (value is not null)
        {
            terms[name] = value.ReadDouble() * scale;
        }
    }
}
