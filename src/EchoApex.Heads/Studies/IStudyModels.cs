using EchoApex.Core.Imaging;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Interpretability;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Studies;

/// <summary>What a study is read with. Each answer is null where no model gives it. A clip that cannot be decoded throws a DataException.</summary>
internal interface IStudyModels
{
    /// <summary>The models.</summary>
    IReadOnlyList<TaskModelInfo> Infos { get; }

    /// <summary>Names of the structures that can be segmented; empty without such a model.</summary>
    IReadOnlyList<string> Structures { get; }

    /// <summary>The view of a clip, and how like the training pictures it is, where the model says.</summary>
    (ViewPrediction View, FamiliarityScore? Familiarity)? View(EchoClip clip, CancellationToken cancellationToken);

    /// <summary>The ejection fraction of an apical clip.</summary>
    EjectionFractionPrediction? EjectionFraction(EchoClip clip, CancellationToken cancellationToken);

    /// <summary>The lengths of a parasternal long axis.</summary>
    LvFindings? Measure(EchoClip clip, CancellationToken cancellationToken);

    /// <summary>Masks of frames, each reduced at once, so that they need not be held together.</summary>
    IReadOnlyList<T> Segment<T>(EchoClip clip, IReadOnlyList<int> frames, Func<SegmentedFrame, T> reduce, CancellationToken cancellationToken);

    /// <summary>What an encoder looks at.</summary>
    FrameExplanation? Explain(EchoClip clip, int frame, CancellationToken cancellationToken);
}
