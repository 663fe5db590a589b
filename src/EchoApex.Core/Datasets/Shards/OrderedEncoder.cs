using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>Makes and encodes clips on several threads and hands them out in the order in which they came in, a bounded number ahead.</summary>
internal sealed class OrderedEncoder(ShardWriteOptions options, int workers)
{
    /// <summary>A clip, or why there is none.</summary>
    public readonly record struct Result(string Name, EncodedClip? Clip, string? Fault);

    /// <param name="clips">What clips are called in messages, and how each is made; called on the encoder's threads.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    public IEnumerable<Result> Run(IEnumerable<(string Name, Func<ShardClip> Make)> clips, CancellationToken cancellationToken)
    {
        var pending = new Queue<Task<Result>>();
        try
        {
            foreach (var (name, make) in clips)
            {
                cancellationToken.ThrowIfCancellationRequested();
                pending.Enqueue(Task.Run(() => Encode(name, make), cancellationToken));
                if (pending.Count > workers)
                {
                    yield return pending.Dequeue().GetAwaiter().GetResult();
                }
            }

            while (pending.TryDequeue(out var task))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return task.GetAwaiter().GetResult();
            }
        }
        finally
        {
            // Clips in work read files and hold memory: nothing of them is left behind.
            Task.WhenAll(pending).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private Result Encode(string name, Func<ShardClip> make)
    {
        try
        {
            return new Result(name, EncodedClip.Encode(make(), options), null);
        }
        catch (Exception error) when (error is EchoApexException or IOException or UnauthorizedAccessException)
        {
            return new Result(name, null, error is DataException data ? data.Reason : error.Message);
        }
    }
}
