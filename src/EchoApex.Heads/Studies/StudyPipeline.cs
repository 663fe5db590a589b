using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Prediction;

namespace EchoApex.Heads.Studies;

/// <summary>
/// Reads a study: looks at each clip, recognises its view, chooses the clip of each measure, finds the beats, measures, and checks
/// that the values agree. A step that cannot be done abstains and says why; a clip that cannot be read is named and the others are
/// read.
/// </summary>
/// <remarks>Thread safety: as its predictor's; studies may be read side by side. Equal clips and models give equal results.</remarks>
public sealed class StudyPipeline
{
    /// <summary>The apical four-chamber view.</summary>
    internal const string FourChamber = "A4C";

    /// <summary>The apical two-chamber view.</summary>
    internal const string TwoChamber = "A2C";

    /// <summary>The parasternal long axis.</summary>
    internal const string LongAxis = "PLAX";

    private readonly IStudyModels _models;
    private readonly StudyOptions _options;

    /// <summary>Prepares the pipeline.</summary>
    /// <param name="predictor">The models; it stays the caller's. What no model can do is abstained from.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public StudyPipeline(EchoPredictor predictor, StudyOptions? options = null)
        : this(new PredictorModels(NotNull(predictor)), options)
    {
    }

    internal StudyPipeline(IStudyModels models, StudyOptions? options)
    {
        (_models, _options) = (models, options ?? new StudyOptions());
        OptionsValidator.Validate(_options, "study");
    }

    /// <summary>Reads the clips of a folder, all levels deep (the files of its DICOMDIR, where it has one), of a DICOMDIR, or a single file.</summary>
    /// <param name="path">Folder or file.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellationToken">Stops between clips and frames.</param>
    /// <exception cref="DataException">There is no clip at all.</exception>
    public StudyResult Run(string path, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Run(StudyInput.Find(path), Path.GetFileName(full), progress, cancellationToken);
    }

    /// <summary>Reads clips that are at hand.</summary>
    /// <param name="clips">The clips, at least one.</param>
    /// <param name="name">A name for the study; it should name no patient.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellationToken">Stops between clips and frames.</param>
    public StudyResult Run(IReadOnlyList<EchoClip> clips, string name, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clips);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfZero(clips.Count, nameof(clips));
        return Run(StudyInput.Of(clips), name, progress, cancellationToken);
    }

    /// <summary>Reads a study on a thread of the pool; see <see cref="Run(string, IProgress{string}, CancellationToken)"/>.</summary>
    public Task<StudyResult> RunAsync(string path, IProgress<string>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Run(path, progress, cancellationToken), cancellationToken);

    /// <summary>Reads clips that are at hand on a thread of the pool; see <see cref="Run(IReadOnlyList{EchoClip}, string, IProgress{string}, CancellationToken)"/>.</summary>
    public Task<StudyResult> RunAsync(IReadOnlyList<EchoClip> clips, string name, IProgress<string>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Run(clips, name, progress, cancellationToken), cancellationToken);

    private StudyResult Run(IReadOnlyList<StudyInput> inputs, string name, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var examiner = new ClipExaminer(_models, _options);
        var clips = new List<ExaminedClip>(inputs.Count);
        foreach (var input in inputs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report($"looking at {input.Name}");
            clips.Add(examiner.Examine(input, clips.Count + 1, cancellationToken));
        }

        ClipChoice[] choices =
        [
            ClipChooser.Choose(FourChamber, "ejection fraction and volumes", clips),
            ClipChooser.Choose(TwoChamber, "biplane volumes", clips),
            ClipChooser.Choose(LongAxis, "walls and cavity", clips),
        ];
        var readings = new StudyReadings { Clips = clips, Choices = choices };
        var apical = new ApicalReader(_models, _options);
        Attempt(FourChamber, readings, clip => readings.FourChamber = apical.Read(clip, FourChamber, cancellationToken), progress);
        Attempt(FourChamber, readings, clip => readings.Regression = _models.EjectionFraction(clip.Clip!, cancellationToken), null);
        Attempt(TwoChamber, readings, clip => readings.TwoChamber = apical.Read(clip, TwoChamber, cancellationToken), progress);
        Attempt(LongAxis, readings, clip => readings.LongAxis = Measure(clip, cancellationToken), progress);
        if (_options.Explain)
        {
            readings.Explanations = Explain(readings, cancellationToken);
        }

        return new StudyComposer(_models, _options, readings).Compose(name);
    }

    // A frame that cannot be decoded may show only now: the clip is then given up, not the study.
    private static void Attempt(string purpose, StudyReadings readings, Action<ExaminedClip> read, IProgress<string>? progress)
    {
        if (readings.Chosen(purpose) is not { } clip || readings.Failures.ContainsKey(clip.Number))
        {
            return;
        }

        try
        {
            progress?.Report($"measuring {purpose} in {clip.Facts.Name}");
            read(clip);
        }
        catch (DataException error)
        {
            readings.Failures[clip.Number] = error.Frame is { } frame ? $"frame {frame}: {error.Reason}" : error.Reason;
        }
    }

    private LongAxisReading? Measure(ExaminedClip clip, CancellationToken cancellationToken) =>
        _models.Measure(clip.Clip!, cancellationToken) is { } findings
            ? new LongAxisReading(clip, findings, findings.IsBeat ? null : "no heart beat was found in the cavity's diameter over time")
            : null;

    private static EchoPredictor NotNull(EchoPredictor predictor)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        return predictor;
    }

    private List<StudyExplanation> Explain(StudyReadings readings, CancellationToken cancellationToken)
    {
        var explanations = new List<StudyExplanation>();
        foreach (string purpose in new[] { FourChamber, TwoChamber, LongAxis })
        {
            Attempt(purpose, readings, clip =>
            {
                if (_models.Explain(clip.Clip!, clip.Clip!.FrameCount / 2, cancellationToken) is { } explanation)
                {
                    explanations.Add(new StudyExplanation(clip.Number, purpose, explanation));
                }
            }, null);
        }

        return explanations;
    }
}
