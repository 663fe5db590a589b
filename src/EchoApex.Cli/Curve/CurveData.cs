using EchoApex.Core.Datasets;
using EchoApex.Core.Phantoms;

namespace EchoApex.Cli.Curve;

/// <summary>
/// The phantoms of a row: one set without labels to pretrain on, three labelled ones to fit, choose and judge probes, all
/// of different seeds. A set is made once and found again by its name, so that rows of one seed share it.
/// </summary>
internal sealed class CurveData(CurveOptions options, Action<string> say)
{
    /// <summary>Clips of the pretraining set.</summary>
    public string Pretraining(CancellationToken cancellationToken) => Path.Combine(Make("pretrain", 0, options.PretrainClips, labelled: false, cancellationToken), "dicom");

    /// <summary>Clips that probes are fitted on.</summary>
    public LabelledClipList Train(CancellationToken cancellationToken) => Read("train", 1, options.TrainClips, cancellationToken);

    /// <summary>Clips that probes are chosen on.</summary>
    public LabelledClipList Validation(CancellationToken cancellationToken) => Read("validation", 2, options.ValidationClips, cancellationToken);

    /// <summary>Clips that judge.</summary>
    public LabelledClipList Test(CancellationToken cancellationToken) => Read("test", 3, options.TestClips, cancellationToken);

    private LabelledClipList Read(string part, int number, int count, CancellationToken cancellationToken) =>
        LabelledClipList.Read(Path.Combine(Make(part, number, count, labelled: true, cancellationToken), "manifest.csv"));

    private string Make(string part, int number, int count, bool labelled, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(options.Out, "data", $"{options.LevelName}-{part}-seed{options.Seed}-{count}x{options.Frames}-{options.Size}px");
        if (!Directory.Exists(folder))
        {
            say($"making {count} {options.LevelName} phantoms in {folder}");
            PhantomSetWriter.Write(
                folder,
                new PhantomSetOptions
                {
                    Count = count,
                    Seed = (1000 * ((ulong)options.Seed + 1)) + (ulong)number,
                    Avi = false,
                    Truth = labelled,
                    Clip = new PhantomOptions { ImageSize = options.Size, Frames = options.Frames, Difficulty = options.Level },
                },
                cancellationToken: cancellationToken);
        }

        return folder;
    }
}
