using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests;

/// <summary>A bare training loop for tests of tasks: TorchSharp's AdamW, samples drawn at random.</summary>
internal static class TaskTraining
{
    /// <summary>Trains head and encoder together; without an encoder the head alone.</summary>
    /// <returns>The loss of each step.</returns>
    public static double[] Run(ITrainableTask task, IBackbone? encoder, int steps, int batchSize, double learningRate)
    {
        task.Head.train();
        encoder?.Module.train();
        using var optimizer = optim.AdamW(task.Head.parameters().Concat(encoder?.Module.parameters() ?? []), learningRate);
        var batch = task.CreateBatch(batchSize);
        double[] losses = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            for (int slot = 0; slot < batchSize; slot++)
            {
                var random = RandomStream.For(1, "sample", step, slot);
                task.Fill(batch, slot, random.NextInt32(task.TrainingSamples.Count), random);
            }

            optimizer.zero_grad();
            using var loss = task.Loss(encoder!, batch);
            loss.Total.backward();
            optimizer.step();
            losses[step] = loss.Total.ReadDouble();
        }

        return losses;
    }
}
