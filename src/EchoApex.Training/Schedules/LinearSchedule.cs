namespace EchoApex.Training.Schedules;

/// <summary>
/// A linear ramp from one value to another that includes both, then constant: the teacher temperature.
/// </summary>
/// <remarks>
/// DINO counts its steps in epochs (dino/main_dino.py DINOLoss.teacher_temp_schedule), DINOv2 in iterations
/// (dinov2/train/train.py build_schedulers); the function is the same.
/// </remarks>
public sealed record LinearSchedule
{
    /// <summary>Value at step 0.</summary>
    public required double Start { get; init; }

    /// <summary>Value from the last step of the ramp on.</summary>
    public required double Final { get; init; }

    /// <summary>Steps of the ramp; with 0 the value is <see cref="Final"/> at once.</summary>
    public long RampSteps { get; init; }

    /// <summary>The value of a step (or epoch), counted from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public double At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return step < RampSteps ? Interpolate(Start, Final, step, RampSteps) : Final;
    }

    // The arithmetic of numpy.linspace, so that values agree to the last bit: a single point is the start, the last is exact.
    internal static double Interpolate(double start, double stop, long index, long count)
    {
        if (count == 1)
        {
            return start;
        }

        return index == count - 1 ? stop : (index * ((stop - start) / (count - 1))) + start;
    }
}
