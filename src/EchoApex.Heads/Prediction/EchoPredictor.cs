using EchoApex.Core.Backbones.Inference;
using System.Runtime.CompilerServices;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Interpretability;
using static TorchSharp.torch;

namespace EchoApex.Heads.Prediction;

/// <summary>
/// Fine-tuned models behind one call: a clip of any size, length and frame rate goes in, typed results of the models' tasks come
/// out. Frames are cropped, scaled and normalised as each model's folder says.
/// </summary>
/// <remarks>
/// Thread safety: all members may be called from several threads; up to <see cref="Concurrency"/> clips are judged at a time, further
/// callers wait. The same clip gives the same result whatever runs beside it. Dispose it: it holds native memory. Disposal waits
/// for the clips that are being judged.
/// </remarks>
public sealed class EchoPredictor : IDisposable
{
    private readonly LoadedTask[] _tasks;
    private readonly EncoderPool _encoders;
    private readonly SemaphoreSlim _turns;
    private volatile bool _disposed;

    private EchoPredictor(LoadedTask[] tasks, EncoderPool encoders, int concurrency)
    {
        (_tasks, _encoders, Concurrency) = (tasks, encoders, concurrency);
        _turns = new SemaphoreSlim(concurrency, concurrency);
    }

    /// <summary>Task, labels, preprocessing and training of each model, in the order of <see cref="EchoTasks"/>.</summary>
    public IReadOnlyList<TaskModelInfo> Models => [.. _tasks.Select(task => task.Info)];

    /// <summary>The tasks that there are models for.</summary>
    public EchoTasks Tasks => _tasks.Aggregate(EchoTasks.None, (sum, task) => sum | task.Task);

    /// <summary>Clips that are judged at a time.</summary>
    public int Concurrency { get; }

    /// <summary>Loads fine-tuned models onto the CPU. Models with equal encoders, as those that were trained with it frozen, share one.</summary>
    /// <param name="folder">
    /// A model's folder, a run folder of <c>echoapex finetune</c>, or a folder that holds several of either, one a task.
    /// </param>
    /// <param name="baseFolder">Where the encoder lies, for models of adapters whose encoder was moved.</param>
    /// <param name="concurrency">Clips that are judged at a time. Weights are shared; memory for activations grows with it.</param>
    /// <param name="inference">How encoders are prepared; null takes float32. bfloat16 is two to three times as fast on processors with AMX.</param>
    /// <exception cref="CheckpointException">There is no model, a file is missing or damaged, or the encoder is another.</exception>
    /// <exception cref="ConfigurationException">A task.json has faults, or two models have one task.</exception>
    public static EchoPredictor Load(string folder, string? baseFolder = null, int concurrency = 1, InferenceOptions? inference = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(concurrency);
        var tasks = new List<LoadedTask>();
        var encoders = new EncoderPool(inference);
        try
        {
            foreach (string place in ModelFolders.Find(folder))
            {
                var task = LoadedTask.Load(place, baseFolder, encoders);
                tasks.Add(task);
                if (tasks.FirstOrDefault(other => other != task && other.Task == task.Task) is { } twin)
                {
                    throw new ConfigurationException(folder, $"holds two models of the task '{task.Info.Task}': {twin.Model.Folder} and {place}. Keep one, or name its folder.");
                }
            }

            return new EchoPredictor([.. tasks.OrderBy(task => task.Task)], encoders, concurrency);
        }
        catch
        {
            encoders.Dispose();
            tasks.ForEach(task => task.Dispose());
            throw;
        }
    }

    /// <summary>Judges a clip by every model, on the calling thread.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="cancellationToken">Stops between tasks, and between frames where frames are judged one by one.</param>
    /// <returns>The result; the parts that there is a model for are filled.</returns>
    /// <exception cref="DataException">A frame cannot be decoded, or no ultrasound sector was found.</exception>
    /// <exception cref="ObjectDisposedException">The predictor was disposed.</exception>
    public EchoPrediction Predict(EchoClip clip, CancellationToken cancellationToken = default) => Predict(clip, EchoTasks.All, cancellationToken);

    /// <summary>Judges a clip for some tasks; see <see cref="Predict(EchoClip, CancellationToken)"/>.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="tasks">What is asked; tasks without a model are passed over.</param>
    /// <param name="cancellationToken">Stops between tasks and frames.</param>
    public EchoPrediction Predict(EchoClip clip, EchoTasks tasks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return InTurn(() => Judge(clip, tasks, cancellationToken), cancellationToken);
    }

    /// <summary>Judges a clip by every model on a thread of the pool; see <see cref="Predict(EchoClip, CancellationToken)"/>.</summary>
    public Task<EchoPrediction> PredictAsync(EchoClip clip, CancellationToken cancellationToken = default) => PredictAsync(clip, EchoTasks.All, cancellationToken);

    /// <summary>Judges a clip for some tasks on a thread of the pool; see <see cref="Predict(EchoClip, CancellationToken)"/>.</summary>
    public async Task<EchoPrediction> PredictAsync(EchoClip clip, EchoTasks tasks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(() => Judge(clip, tasks, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>
    /// Judges clips as they come, results in the same order. At most <see cref="Concurrency"/> clips are in work or waiting to be
    /// taken: a slow consumer holds the source back, so memory does not grow with the stream. A clip that cannot be read is an
    /// outcome, not the end.
    /// </summary>
    /// <param name="clips">The clips.</param>
    /// <param name="tasks">What is asked.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<PredictionOutcome> PredictAsync(
        IAsyncEnumerable<EchoClip> clips, EchoTasks tasks = EchoTasks.All, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clips);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var inWork = new Queue<Task<PredictionOutcome>>();
        try
        {
            await foreach (var clip in clips.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                inWork.Enqueue(OutcomeAsync(clip, tasks, stop.Token));
                if (inWork.Count >= Concurrency)
                {
                    yield return await inWork.Dequeue().ConfigureAwait(false);
                }
            }

            while (inWork.Count > 0)
            {
                yield return await inWork.Dequeue().ConfigureAwait(false);
            }
        }
        finally
        {
            // The consumer may have had enough: what is in work ends before its clips are let go.
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(inWork).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    /// <summary>Judges a list of clips, opened by the caller; outcomes in the same order.</summary>
    /// <param name="clips">The clips; frames are decoded when a clip's turn comes.</param>
    /// <param name="tasks">What is asked.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<IReadOnlyList<PredictionOutcome>> PredictAllAsync(IReadOnlyList<EchoClip> clips, EchoTasks tasks = EchoTasks.All, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clips);
        return await Task.WhenAll(clips.Select(clip => OutcomeAsync(clip, tasks, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>What an encoder looks at in a frame: attention, its rollout, occlusion, components of the patch tokens.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frame">The frame, from 0.</param>
    /// <param name="options">Whose encoder, and what to make; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between passes of the encoder.</param>
    /// <returns>The maps; null where no model of the task asked for is loaded.</returns>
    /// <exception cref="DataException">The frame cannot be decoded, or no ultrasound sector was found.</exception>
    public FrameExplanation? Explain(EchoClip clip, int frame, ExplanationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentOutOfRangeException.ThrowIfNegative(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, clip.FrameCount);
        options ??= new ExplanationOptions();
        OptionsValidator.Validate(options, "explanation");
        var task = options.Task == EchoTasks.None ? _tasks.FirstOrDefault() : _tasks.FirstOrDefault(candidate => candidate.Task == options.Task);
        return task is null ? null : InTurn(() => FrameExplainer.Explain(task, clip, frame, options, cancellationToken), cancellationToken);
    }

    /// <summary>Opens a stream of live frames: view, mask and rolling ejection fraction, as far as there are models.</summary>
    /// <param name="options">Size of the frames, and what to make of them.</param>
    /// <returns>The stream; dispose it before the predictor.</returns>
    /// <exception cref="ConfigurationException">An option is out of range, or the structure is not known.</exception>
    public LiveEchoStream OpenStream(LiveStreamOptions options)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new LiveEchoStream(this, options);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        for (int i = 0; i < Concurrency; i++)
        {
            _turns.Wait();
        }

        _encoders.Dispose();
        foreach (var task in _tasks)
        {
            task.Dispose();
        }

        // Callers that still wait are woken and told.
        _turns.Release(Concurrency);
    }

    /// <summary>The model of a task; null where there is none.</summary>
    internal T? Find<T>()
        where T : LoadedTask => _tasks.OfType<T>().FirstOrDefault();

    /// <summary>Does work with the models when it is this caller's turn, without gradients.</summary>
    internal T InTurn<T>(Func<T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _turns.Wait(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using var noGradient = no_grad();
            return work();
        }
        finally
        {
            _turns.Release();
        }
    }

    private EchoPrediction Judge(EchoClip clip, EchoTasks tasks, CancellationToken cancellationToken)
    {
        using var noGradient = no_grad();
        var prediction = new EchoPrediction();
        foreach (var task in _tasks.Where(task => tasks.HasFlag(task.Task)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            prediction = task.Judge(clip, prediction, cancellationToken);
        }

        return prediction;
    }

    private async Task<PredictionOutcome> OutcomeAsync(EchoClip clip, EchoTasks tasks, CancellationToken cancellationToken)
    {
        try
        {
            return new PredictionOutcome(clip, await PredictAsync(clip, tasks, cancellationToken).ConfigureAwait(false), null);
        }
        catch (DataException error)
        {
            return new PredictionOutcome(clip, null, error);
        }
    }
}
