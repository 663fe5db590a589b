namespace EchoApex.Training.Loop;

/// <summary>What the schedules say for one step.</summary>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="WeightDecay">Weight decay.</param>
/// <param name="TeacherMomentum">Share of the old teacher that is kept.</param>
/// <param name="TeacherTemperature">Temperature of the teacher's softmax.</param>
/// <param name="LastLayerFrozen">Whether the prototypes hold still.</param>
public readonly record struct ScheduledValues(double LearningRate, double WeightDecay, double TeacherMomentum, double TeacherTemperature, bool LastLayerFrozen);
