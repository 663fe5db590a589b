using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EchoApex.OnnxPredictor;

/// <summary>View and ejection fraction of a clip from the files of <c>echoapex export</c>, with ONNX Runtime and nothing of libtorch.</summary>
/// <remarks>Thread safety: several threads may predict at the same time. Research use: not a medical device.</remarks>
internal sealed class OnnxEchoPredictor : IDisposable
{
    private readonly InferenceSession _view;
    private readonly InferenceSession _encoder;
    private readonly InferenceSession _decoder;
    private readonly InputImages _viewImages;
    private readonly InputImages _efImages;
    private readonly string[] _labels;
    private readonly int _viewFrames;
    private readonly int _efFrames;

    /// <summary>Loads view.onnx, ef.encoder.onnx and ef.decoder.onnx of a folder.</summary>
    public OnnxEchoPredictor(string folder)
    {
        _view = Open(folder, "view.onnx", "view");
        _encoder = Open(folder, "ef.encoder.onnx", "ef");
        _decoder = Open(folder, "ef.decoder.onnx", "ef");
        _viewImages = new InputImages(Entry(_view, "preprocessing"));
        _efImages = new InputImages(Entry(_encoder, "preprocessing"));
        _labels = JsonSerializer.Deserialize<string[]>(Entry(_view, "labels"))!;
        _viewFrames = Json(_view, "view").GetProperty("frames_per_clip").GetInt32();
        _efFrames = Json(_encoder, "ef").GetProperty("windows").GetProperty("frames").GetInt32();
    }

    /// <summary>The view and how sure that is: the mean over some frames of the clip.</summary>
    public (string Label, double Probability) View(GrayClip clip)
    {
        var images = _viewImages.Make(clip, Spread(clip.Frames, _viewFrames));
        using var results = _view.Run([NamedOnnxValue.CreateFromTensor("images", images)], ["probabilities"]);
        var probabilities = results[0].AsTensor<float>();
        int frames = probabilities.Dimensions[0];
        double[] means = [.. _labels.Select((_, view) => Enumerable.Range(0, frames).Average(frame => probabilities[frame, view]))];
        int best = Enumerable.Range(0, means.Length).MaxBy(view => means[view]);
        return (_labels[best], means[best]);
    }

    /// <summary>The ejection fraction in percent from one window over the clip, and the frames of end diastole and end systole.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="frameTimesMs">Time of each frame; null when unknown.</param>
    public (double Percent, int EndDiastole, int EndSystole) EjectionFraction(GrayClip clip, IReadOnlyList<double>? frameTimesMs = null)
    {
        int[] frames = Spread(clip.Frames, _efFrames);
        using var encoded = _encoder.Run([NamedOnnxValue.CreateFromTensor("images", _efImages.Make(clip, frames))]);
        var vectors = encoded[0].AsTensor<float>();
        float[] times = [.. frames.Select(frame => frameTimesMs is null ? float.NaN : (float)(frameTimesMs[frame] - frameTimesMs[frames[0]]))];
        float[] valid = new float[frames.Length];
        Array.Fill(valid, 1);
        using var results = _decoder.Run(
        [
            NamedOnnxValue.CreateFromTensor("frames", vectors.Reshape([1, frames.Length, vectors.Dimensions[1]])),
            NamedOnnxValue.CreateFromTensor("times_ms", new DenseTensor<float>(times, [1, frames.Length])),
            NamedOnnxValue.CreateFromTensor("valid", new DenseTensor<float>(valid, [1, frames.Length])),
        ]);
        var output = results.ToDictionary(result => result.Name, result => result.AsTensor<float>());
        int Peak(int phase) => frames[Enumerable.Range(0, frames.Length).MaxBy(i => output["phase_logits"][0, i, phase])];
        return (output["ejection_fraction"][0], Peak(0), Peak(1));
    }

    public void Dispose()
    {
        _view.Dispose();
        _encoder.Dispose();
        _decoder.Dispose();
    }

    private static InferenceSession Open(string folder, string name, string task)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path} does not exist. Make it with: echoapex export --onnx MODEL --out {Path.Combine(folder, task + ".onnx")}", path);
        }

        var session = new InferenceSession(path);
        return Entry(session, "task") == task ? session : throw new InvalidDataException($"{path} is a model for '{Entry(session, "task")}', not for '{task}'.");
    }

    private static string Entry(InferenceSession session, string key) =>
        session.ModelMetadata.CustomMetadataMap.TryGetValue($"echoapex.{key}", out string? value) ? value : throw new InvalidDataException($"The model has no entry echoapex.{key}.");

    private static JsonElement Json(InferenceSession session, string key) => JsonDocument.Parse(Entry(session, key)).RootElement;

    // The middles of equal parts of the clip.
    private static int[] Spread(int count, int wanted) =>
        wanted >= count ? [.. Enumerable.Range(0, count)] : [.. Enumerable.Range(0, wanted).Select(i => (int)(((2L * i) + 1) * count / (2L * wanted)))];
}
