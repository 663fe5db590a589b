using EchoApex.Core.Datasets;
using EchoApex.Core.Evaluation;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Demo;

/// <summary>What one repetition left behind.</summary>
/// <param name="Seed">Its number.</param>
/// <param name="Scores">One row a kind of features.</param>
/// <param name="RunFolder">The pretraining run.</param>
/// <param name="PretrainingSeconds">Time that pretraining took.</param>
/// <param name="SupervisedSeconds">Time that the supervised encoder took.</param>
/// <param name="Test">The held-out phantoms.</param>
/// <param name="Untrained">Their features from the untrained encoder.</param>
/// <param name="Pretrained">Their features from the pretrained encoder.</param>
/// <param name="Gallery">The training phantoms' features from the pretrained encoder.</param>
internal sealed record DemoRepetition(
    int Seed,
    IReadOnlyList<EncoderScores> Scores,
    string RunFolder,
    double PretrainingSeconds,
    double SupervisedSeconds,
    LabelledClipList Test,
    FeatureTable Untrained,
    FeatureTable Pretrained,
    FeatureTable Gallery);
