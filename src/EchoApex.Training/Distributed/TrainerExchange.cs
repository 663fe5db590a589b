using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>What a trainer exchanges with the other processes beside the statistics of its losses: gradients, moments of BatchNorm, weights.</summary>
internal sealed class TrainerExchange : IDisposable
{
    private readonly ICollective _processes;
    private readonly Device _device;
    private readonly GradientReducer _reducer;

    /// <summary>Gradients will be reduced as blocks finish; BatchNorm sees the batch of all processes, in student and teacher alike.</summary>
    public TrainerExchange(ICollective processes, Device device, FlatParameters parameters, StudentTeacherPair pair)
    {
        (_processes, _device) = (processes, device);
        _reducer = new GradientReducer(processes, parameters);
        if (pair.Student.Backbone is VisionTransformerBackbone vit)
        {
            vit.BackwardObserver = _reducer;
        }

        foreach (var norm in new[] { pair.Student, pair.Teacher }.SelectMany(network => network.Modules()).OfType<BatchNorm>())
        {
            norm.SumOverProcesses = values => processes.AllReduce(values, ReduceOperation.Sum);
        }
    }

    /// <summary>The next backward pass is the step's last.</summary>
    public void Arm() => _reducer.Arm();

    /// <summary>Waits until the gradients are those of all processes.</summary>
    public void FinishGradients() => _reducer.Finish();

    /// <summary>Whether something holds on every process.</summary>
    public bool AllAgree(bool here)
    {
        using var scope = NewDisposeScope();
        var flag = tensor(new[] { here ? 1f : 0f }).to(_device);
        _processes.AllReduce(flag, ReduceOperation.Minimum);
        return flag.cpu().ReadDouble() > 0;
    }

    /// <summary>Makes every process's weights those of process 0.</summary>
    public void BroadcastWeights(StudentTeacherPair pair)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var value in new[] { pair.Student, pair.Teacher }.SelectMany(network => network.StateTensors().Values))
        {
            _processes.Broadcast(value);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reducer.Dispose();
}
