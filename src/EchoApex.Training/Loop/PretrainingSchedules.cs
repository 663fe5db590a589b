using System.Globalization;
using EchoApex.Training.Schedules;

namespace EchoApex.Training.Loop;

/// <summary>Everything that changes over a run, as pure functions of the step (counted from 0).</summary>
public sealed class PretrainingSchedules
{
    private readonly OptimizationOptions _optimization;
    private readonly CosineSchedule _learningRate;
    private readonly CosineSchedule _weightDecay;
    private readonly CosineSchedule _momentum;
    private readonly LinearSchedule _temperature;
    private readonly bool _temperatureBySteps;
    private readonly long _frozenSteps;

    /// <summary>Lays the schedules out.</summary>
    /// <param name="options">The run.</param>
    /// <param name="samplesPerPass">Samples in one pass over the data.</param>
    public PretrainingSchedules(PretrainingOptions options, long samplesPerPass)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samplesPerPass);
        _optimization = options.Optimization;
        StepsPerEpoch = _optimization.StepsPerEpoch ?? Math.Max(1, samplesPerPass / _optimization.BatchSize);
        TotalSteps = StepsPerEpoch * _optimization.Epochs;
        PeakLearningRate = LearningRateRule.Parse(_optimization.LearningRateRule).Apply(_optimization.LearningRate, _optimization.BatchSize);
        _learningRate = new CosineSchedule
        {
            Base = PeakLearningRate,
            Final = _optimization.FinalLearningRate,
            TotalSteps = TotalSteps,
            WarmupSteps = Math.Min(TotalSteps, StepsOf(_optimization.WarmupEpochs)),
        };
        _weightDecay = new CosineSchedule { Base = _optimization.WeightDecay, Final = _optimization.FinalWeightDecay, TotalSteps = TotalSteps };
        _momentum = new CosineSchedule { Base = _optimization.TeacherMomentum, Final = _optimization.FinalTeacherMomentum, TotalSteps = TotalSteps };
        _temperatureBySteps = options.Stage == PretrainingStage.Dinov2;
        _temperature = new LinearSchedule
        {
            Start = options.Targets.WarmupTeacherTemperature,
            Final = options.Targets.TeacherTemperature,
            RampSteps = options.Targets.TeacherTemperatureWarmupEpochs * (_temperatureBySteps ? StepsPerEpoch : 1),
        };
        _frozenSteps = StepsOf(_optimization.FreezeLastLayerEpochs);
    }

    /// <summary>Steps of one epoch.</summary>
    public long StepsPerEpoch { get; }

    /// <summary>Steps of the whole run.</summary>
    public long TotalSteps { get; }

    /// <summary>Learning rate at the end of the warm-up.</summary>
    public double PeakLearningRate { get; }

    /// <summary>Zero-based epoch of a step.</summary>
    public long EpochOf(long step) => step / StepsPerEpoch;

    /// <summary>All values of a step.</summary>
    public ScheduledValues At(long step) => new(
        _learningRate.At(step),
        _weightDecay.At(step),
        _momentum.At(step),
        _temperature.At(_temperatureBySteps ? step : EpochOf(step)),
        step < _frozenSteps);

    /// <summary>The learning-rate rule in words.</summary>
    public string DescribeLearningRate()
    {
        var rule = LearningRateRule.Parse(_optimization.LearningRateRule);
        string how = rule.Kind switch
        {
            LearningRateRuleKind.Linear => $"{_optimization.LearningRate:0.######} x batch {_optimization.BatchSize} / {rule.ReferenceBatch} (DINO's linear rule)",
            LearningRateRuleKind.Sqrt => $"{_optimization.LearningRate:0.######} x sqrt(batch {_optimization.BatchSize} / {rule.ReferenceBatch}) (DINOv2's square-root rule)",
            _ => "as given, whatever the batch",
        };
        return string.Create(CultureInfo.InvariantCulture,
            $"learning rate: peak {PeakLearningRate:0.########} = {how}; linear warm-up from 0 over {_learningRate.WarmupSteps} steps, then half a cosine to {_optimization.FinalLearningRate:0.########} at step {TotalSteps}");
    }

    private long StepsOf(double epochs) => (long)Math.Round(epochs * StepsPerEpoch, MidpointRounding.ToEven);
}
