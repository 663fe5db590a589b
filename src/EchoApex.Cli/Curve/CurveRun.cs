using System.Globalization;
using EchoApex.Cli.Probing;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Embedding;
using EchoApex.Heads.Evaluation;
using EchoApex.Training.Loop;

namespace EchoApex.Cli.Curve;

/// <summary>One row of a learning curve: phantoms, training, probes, and the curve's files brought up to date.</summary>
internal sealed class CurveRun(CurveOptions options, Action<string> say)
{
    private const string Row = "row";
    private const string ResNet50 = "resnet50";
    private const string OnData = "on data";

    // At the input's own side six patches a row can hardly draw a chamber: every encoder, and perfect labels, stay below a third.
    private const int FineGrid = 2;

    private readonly CurveData _data = new(options, say);

    /// <summary>Makes the row and returns all rows of the curve.</summary>
    public IReadOnlyList<CurveRow> Run(CancellationToken cancellationToken)
    {
        string table = Path.Combine(options.Out, "curve.csv");
        var known = CurveFile.Read(table);
        var (run, cpuSeconds) = options.Run is null ? new CurveTraining(options, _data, say).Train(cancellationToken) : (options.Run, CpuMeter.Read(options.Run) ?? double.NaN);
        var origin = EncoderOrigin.Of(run);
        string method = options.Label ?? options.Method?.Name ?? MethodOf(origin);
        long steps = options.Run is null ? options.Steps : StepsOf(origin);
        double minutes = options.CpuMinutes ?? (cpuSeconds / 60 / 2);
        say("judging");
        var baseline = new UntrainedBaseline(origin);
        string? resnet = baseline.ResNetName;
        string untrained = resnet is null ? CurveRow.Untrained : CurveRow.UntrainedResNet(resnet);
        bool Known(string name) => known.Any(row => row.Level == options.LevelName && row.Seed == options.Seed && row.Method == name);
        bool judged = Known(CurveRow.RawPixels) && Known(untrained) && (resnet is null || Known(CurveRow.UntrainedResNetOnData(resnet)));
        var scores = Judge(origin, judged ? null : baseline, cancellationToken);

        string NameOf(string scored) => scored switch
        {
            CurveRow.Untrained => untrained,
            PixelFrameEncoder.RowName => CurveRow.RawPixels,
            OnData => CurveRow.UntrainedResNetOnData(resnet!),
            _ => throw new InvalidOperationException(scored),
        };

        // Raw pixels lie on the grid of the encoder that they were first judged beside.
        var rows = scores.Where(score => score.Name != PixelFrameEncoder.RowName || !Known(CurveRow.RawPixels)).Select(score => score.Name == Row
            ? CurveRow.Of(options.LevelName, method, options.Seed, steps, minutes, score)
            : CurveRow.Of(options.LevelName, NameOf(score.Name), options.Seed, 0, 0, score));
        var all = CurveFile.Add(table, rows);
        CurveReport.Write(options.Out, all);
        return all;
    }

    // Baselines are the same for all rows of a level and seed: they are judged once, with the first.
    private IReadOnlyList<EncoderScores> Judge(EncoderOrigin origin, UntrainedBaseline? baseline, CancellationToken cancellationToken)
    {
        using var trained = Embedder.Load(origin.ModelFolder);
        var request = new ProbeRequest
        {
            Train = _data.Train(cancellationToken),
            Validation = _data.Validation(cancellationToken),
            Test = _data.Test(cancellationToken),
            FramesPerClip = options.ProbeFrames,
            ClsMean = true,
            Patches = true,
            PatchSide = FineGrid * trained.Preprocessing.ImageSize,
            Pixels = baseline is not null,
            Options = new EncoderProbeOptions { Seed = (ulong)options.Seed },
        };
        using var untrained = baseline?.AsMade();
        using var onData = baseline?.OnData(request.Train, cancellationToken);
        List<(string, Embedder)> encoders = [];
        if (untrained is not null)
        {
            encoders.Add((CurveRow.Untrained, untrained));
        }

        if (onData is not null)
        {
            encoders.Add((OnData, onData));
        }

        encoders.Add((Row, trained));
        return ProbeRun.Run(request, encoders, cancellationToken).Scores;
    }

    private static string MethodOf(EncoderOrigin origin) => origin.Run switch
    {
        null => "given model",
        { Stage: PretrainingStage.Dino, Backbone.Architecture: ResNet50 } => CurveMethod.DinoResnet50.Name,
        { Stage: PretrainingStage.Dino } => CurveMethod.Dino.Name,
        { Backbone.Weights: null } => CurveMethod.Dinov2.Name,
        _ => CurveMethod.DinoDinov2.Name,
    };

    // With those of the run that it started from.
    private static long StepsOf(EncoderOrigin origin)
    {
        using var model = ModelFolder.Load(origin.ModelFolder);
        long own = long.TryParse(model.Info.Training.GetValueOrDefault("steps"), NumberStyles.None, CultureInfo.InvariantCulture, out long steps) ? steps : 0;
        return origin.Run?.Backbone.Weights is { } start && Directory.Exists(start) ? own + StepsOf(EncoderOrigin.Of(start)) : own;
    }
}
