using System.Globalization;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Quality;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Studies;

/// <summary>The first look at a clip: can it be read, how good is it, which view does it show.</summary>
internal sealed class ClipExaminer(IStudyModels models, StudyOptions options)
{
    private static readonly string[] CardiacParts = ["HEART", "CHEST", "THORAX", "CARDIAC"];

    private readonly ClipQuality _quality = new(options.Quality);

    /// <summary>Examines a clip. A clip that cannot be read is a result, not an exception.</summary>
    public ExaminedClip Examine(StudyInput input, int number, CancellationToken cancellationToken)
    {
        try
        {
            var clip = input.Open();
            return new ExaminedClip(clip, Describe(input, clip, number, cancellationToken));
        }
        catch (DataException error)
        {
            // The message of a decoder may carry the whole path; the reason alone does not.
            string where = error.Frame is { } frame ? string.Create(CultureInfo.InvariantCulture, $"frame {frame}: ") : "";
            string reason = $"It cannot be read: {where}{error.Reason}";
            return new ExaminedClip(null, new StudyClip
            {
                Number = number,
                Name = input.Name,
                Use = ClipUse.Unreadable,
                Reason = reason,
                Quality = [new QualityFinding(QualityCodes.Unreadable, QualitySeverity.Unusable, reason)],
            });
        }
    }

    private StudyClip Describe(StudyInput input, EchoClip clip, int number, CancellationToken cancellationToken)
    {
        var findings = _quality.Assess(clip).ToList();
        var dicom = input.Path is null ? null : DicomReference.TryRead(input.Path);
        var sector = SectorFinder.TryFind(clip);
        var facts = new StudyClip
        {
            Number = number,
            Name = input.Name,
            Use = ClipUse.NotMeasured,
            Reason = "",
            Frames = clip.FrameCount,
            Height = clip.Height,
            Width = clip.Width,
            FramesPerSecond = clip.FramesPerSecond,
            HeartRateBpm = clip.HeartRateBpm,
            SpacingMm = clip.Spacing,
            Format = clip.Origin.Encoding is { } encoding ? $"{clip.Origin.Format}, {encoding}" : clip.Origin.Format,
            ViewOfFile = clip.View is { } view ? EchoViews.CodeOf(view) ?? view : null,
            Dicom = dicom,
            Thumbnail = sector is null ? null : new GrayPicture(PictureQuality.ReadGray(clip, clip.FrameCount / 2, sector), sector.Width, sector.Height, sector.X, sector.Y),
        };
        facts = sector is null ? facts with { View = null } : Recognize(facts, clip, findings, cancellationToken);
        Cardiac(facts, findings);
        return facts with { Quality = [.. findings.OrderByDescending(finding => finding.Severity)] };
    }

    private StudyClip Recognize(StudyClip facts, EchoClip clip, List<QualityFinding> findings, CancellationToken cancellationToken)
    {
        if (models.View(clip, cancellationToken) is not { } answer)
        {
            return facts with { View = facts.ViewOfFile, ViewSource = facts.ViewOfFile is null ? "none" : "file" };
        }

        var (view, familiarity) = answer;
        string code = EchoViews.CodeOf(view.Likeliest) ?? view.Likeliest;
        bool isUnsure = view.Abstains || view.Confidence < options.MinimumViewConfidence;
        if (isUnsure)
        {
            findings.Add(Finding(QualityCodes.ViewUncertain, QualitySeverity.Warning, view.Confidence, options.MinimumViewConfidence, $"The view was not recognised: the likeliest is {code} with a confidence of {view.Confidence:0.00}."));
        }

        if (familiarity is { IsUnfamiliar: true })
        {
            findings.Add(Finding(QualityCodes.NotCardiac, options.RefuseUnfamiliar ? QualitySeverity.Unusable : QualitySeverity.Warning, familiarity.Distance, familiarity.Limit, $"The pictures are like none that the view model was trained on (distance {familiarity.Distance:0.00}, limit {familiarity.Limit:0.00}): probably not a heart."));
        }

        if (!isUnsure && facts.ViewOfFile is { } named && EchoViews.Codes.Contains(named) && named != code)
        {
            findings.Add(new QualityFinding(QualityCodes.ViewDisagrees, QualitySeverity.Warning, $"The file calls the view {named}; the pictures look like {code}."));
        }

        return facts with { View = isUnsure ? null : code, ViewConfidence = view.Confidence, ViewSource = isUnsure ? "none" : "model" };
    }

    private static void Cardiac(StudyClip facts, List<QualityFinding> findings)
    {
        if (facts.Dicom?.BodyPart is { } part && !CardiacParts.Contains(part.ToUpperInvariant()))
        {
            findings.Add(new QualityFinding(QualityCodes.NotCardiac, QualitySeverity.Unusable, $"The file says that it shows the body part {part}, not the heart."));
        }
    }

    private static QualityFinding Finding(string code, QualitySeverity severity, double value, double limit, FormattableString sentence) =>
        new(code, severity, sentence.ToString(CultureInfo.InvariantCulture), Math.Round(value, 4), limit);
}
