namespace EchoApex.Training.Schedules;

/// <summary>The shape of a <see cref="LearningRateRule"/>.</summary>
public enum LearningRateRuleKind
{
    /// <summary>The rate is taken as it is.</summary>
    Constant,

    /// <summary>Proportional to the batch.</summary>
    Linear,

    /// <summary>Proportional to the batch's square root.</summary>
    Sqrt,
}
