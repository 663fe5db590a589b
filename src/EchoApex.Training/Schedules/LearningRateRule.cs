using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Schedules;

/// <summary>
/// How the learning rate follows the batch: "linear_256" (DINO: rate * batch / 256), "sqrt_1024" (DINOv2:
/// rate * sqrt(batch / 1024)), any other number in their place, or "constant". The batch counts images, not crops, over
/// all processes.
/// </summary>
/// <param name="Kind">linear, sqrt or constant.</param>
/// <param name="ReferenceBatch">The batch at which the given rate holds; 1 for constant.</param>
public sealed record LearningRateRule(LearningRateRuleKind Kind, int ReferenceBatch)
{
    /// <summary>DINO's rule.</summary>
    public static LearningRateRule Dino { get; } = new(LearningRateRuleKind.Linear, 256);

    /// <summary>DINOv2's rule.</summary>
    public static LearningRateRule Dinov2 { get; } = new(LearningRateRuleKind.Sqrt, 1024);

    /// <summary>Reads a rule such as "linear_256", "sqrt_1024" (also "sqrt_wrt_1024") or "constant".</summary>
    /// <exception cref="ConfigurationException">The text is no rule.</exception>
    public static LearningRateRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Trim().ToLowerInvariant().Replace("_wrt_", "_", StringComparison.Ordinal).Split('_');
        if (parts is ["constant"])
        {
            return new LearningRateRule(LearningRateRuleKind.Constant, 1);
        }

        if (parts is ["linear" or "sqrt", _]
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int batch) && batch > 0)
        {
            return new LearningRateRule(parts[0] == "linear" ? LearningRateRuleKind.Linear : LearningRateRuleKind.Sqrt, batch);
        }

        throw new ConfigurationException("learning-rate rule", $"\"{text}\" is not known; use linear_256, sqrt_1024 (any positive number) or constant");
    }

    /// <summary>The peak learning rate for a batch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch is not positive.</exception>
    public double Apply(double rate, int totalBatch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalBatch);
        return Kind switch
        {
            LearningRateRuleKind.Linear => rate * totalBatch / ReferenceBatch,
            LearningRateRuleKind.Sqrt => rate * Math.Sqrt((double)totalBatch / ReferenceBatch),
            _ => rate,
        };
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Kind switch
    {
        LearningRateRuleKind.Linear => string.Create(CultureInfo.InvariantCulture, $"linear_{ReferenceBatch}"),
        LearningRateRuleKind.Sqrt => string.Create(CultureInfo.InvariantCulture, $"sqrt_{ReferenceBatch}"),
        _ => "constant",
    };
}
