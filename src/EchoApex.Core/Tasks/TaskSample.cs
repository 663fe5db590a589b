namespace EchoApex.Core.Tasks;

/// <summary>What sampling needs to know of a training sample.</summary>
/// <param name="Patient">The patient: the unit of few-shot sampling.</param>
/// <param name="Class">Its class, for balanced and few-shot sampling; 0 where a task has none.</param>
/// <param name="Set">The data set it comes from, for mixing; 0 where there is one.</param>
public readonly record struct TaskSample(string Patient, int Class = 0, int Set = 0);
