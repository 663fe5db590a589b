using EchoApex.Core.Runtime;

namespace EchoApex.Training.Schedules;

/// <summary>
/// A value as a pure function of the step: optionally frozen at 0, a linear warm-up that includes the base value, then
/// half a cosine from the base value towards the final one.
/// </summary>
/// <remarks>
/// Upstream: dino/utils.py cosine_scheduler, dinov2/utils/utils.py CosineScheduler. The last warm-up step and the first
/// cosine step both have the base value; the last cosine step is just short of the final value, which follows from there on.
/// </remarks>
public sealed record CosineSchedule
{
    /// <summary>Value at the end of the warm-up.</summary>
    public required double Base { get; init; }

    /// <summary>Value after <see cref="TotalSteps"/>.</summary>
    public required double Final { get; init; }

    /// <summary>Length in steps: freeze, warm-up and cosine together.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Steps of the linear warm-up.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Value at the first warm-up step.</summary>
    public double WarmupStart { get; init; }

    /// <summary>Steps at the beginning during which the value is 0.</summary>
    public long FreezeSteps { get; init; }

    /// <summary>The value of a step, counted from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    /// <exception cref="ConfigurationException">Freeze and warm-up do not fit into the total.</exception>
    public double At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (TotalSteps < 1 || WarmupSteps < 0 || FreezeSteps < 0 || FreezeSteps + WarmupSteps > TotalSteps)
        {
            throw new ConfigurationException(
                "schedule", $"{FreezeSteps} frozen and {WarmupSteps} warm-up steps do not fit into {TotalSteps} steps; shorten them or train longer");
        }

        if (step >= TotalSteps)
        {
            return Final;
        }

        if (step < FreezeSteps)
        {
            return 0;
        }

        long warm = step - FreezeSteps;
        if (warm < WarmupSteps)
        {
            return LinearSchedule.Interpolate(WarmupStart, Base, warm, WarmupSteps);
        }

        long cosineSteps = TotalSteps - FreezeSteps - WarmupSteps;
        double phase = Math.PI * (warm - WarmupSteps) / cosineSteps;
        return Final + (0.5 * (Base - Final) * (1 + Math.Cos(phase)));
    }
}
