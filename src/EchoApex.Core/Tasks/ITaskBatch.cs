namespace EchoApex.Core.Tasks;

/// <summary>Arrays of one training batch, owned by its task. It holds no tensor: those are made in <see cref="ITrainableTask.Loss"/>.</summary>
public interface ITaskBatch
{
    /// <summary>Samples that it holds.</summary>
    int Size { get; }
}
