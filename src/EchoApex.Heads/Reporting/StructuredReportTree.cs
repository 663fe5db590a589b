using System.Globalization;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Heads.Studies;

namespace EchoApex.Heads.Reporting;

/// <summary>The content of a study's structured report: the tree of TID 5200, as far as the study has values.</summary>
internal sealed class StructuredReportTree(StudyResult study, string deviceUid)
{
    private const string Contains = "CONTAINS";
    private const string Modifier = "HAS CONCEPT MOD";
    private const string Context = "HAS OBS CONTEXT";
    private const string Inferred = "INFERRED FROM";

    public ContentItem Build() => ContentItem.Container(null, ReportCodes.Title, [.. Observer(), .. Sites(), Summary()]);

    private static ContentItem English => ContentItem.Coded(Modifier, ReportCodes.Language, ReportCodes.English);

    private IEnumerable<ContentItem> Observer() =>
    [
        English,
        ContentItem.Coded(Context, ReportCodes.ObserverType, ReportCodes.Device),
        new ContentItem(Context, "UIDREF", ReportCodes.DeviceUid) { Text = deviceUid },
        ContentItem.Sentence(Context, ReportCodes.DeviceName, $"EchoApex {StudyJson.Version}"),
        ContentItem.Sentence(Context, ReportCodes.DeviceManufacturer, "EchoApex contributors"),
    ];

    // One section a finding site, in it one group a view: values with one image mode stand together.
    private IEnumerable<ContentItem> Sites()
    {
        var coded = study.Measures.Where(measure => measure.Value is not null).Select(measure => (Measure: measure, Code: ReportCodes.Of(measure.Name)))
            .Where(pair => pair.Code is not null).ToArray();
        foreach (var site in coded.GroupBy(pair => pair.Code!.Site))
        {
            yield return ContentItem.Container(
                Contains,
                ReportCodes.Findings,
                [
                    ContentItem.Coded(Modifier, ReportCodes.FindingSite, site.Key),
                    .. site.GroupBy(pair => pair.Code!.View).Select(group => ContentItem.Container(
                        Contains,
                        ReportCodes.Group,
                        [ContentItem.Coded(Modifier, ReportCodes.ImageMode, ReportCodes.Mode2D), .. group.Select(pair => Number(pair.Measure, pair.Code!))])),
                ]);
        }
    }

    private ContentItem Number(StudyMeasure measure, MeasureCode code)
    {
        var children = new List<ContentItem>();
        void Modify(CodedConcept name, CodedConcept? value)
        {
            if (value is not null)
            {
                children.Add(ContentItem.Coded(Modifier, name, value));
            }
        }

        Modify(ReportCodes.Method, code.Method);
        Modify(ReportCodes.ImageView, code.View);
        Modify(ReportCodes.CyclePoint, code.Phase);
        if (Comment(measure) is { } comment)
        {
            children.Add(ContentItem.Sentence("HAS PROPERTIES", ReportCodes.Comment, comment));
        }

        children.AddRange(measure.Sources.Select(source => Evidence(measure, source)).OfType<ContentItem>());
        return new ContentItem(Contains, "NUM", code.Concept) { Number = measure.Value!.Value * code.Factor, Unit = code.Unit, Children = children };
    }

    private static string? Comment(StudyMeasure measure)
    {
        string[] parts =
        [
            .. measure.HalfWidth95 is { } half ? [Text($"95 % interval of {measure.Value:0.#} ± {half:0.#} {measure.Unit}")] : Array.Empty<string>(),
            .. measure.BeatDeviation is { } deviation ? [Text($"mean of {measure.Beats} beats, standard deviation {deviation:0.##} {measure.Unit}")] : Array.Empty<string>(),
            .. measure.Confidence is { } trust ? [Text($"confidence of the network {trust:0.00}")] : Array.Empty<string>(),
            measure.Method,
        ];
        return parts.Length == 0 ? null : string.Join("; ", parts);
    }

    // What was measured: the caliper or the outline in its frame, or the frame alone.
    private ContentItem? Evidence(StudyMeasure measure, FrameSource source)
    {
        if (study.Clips[source.Clip - 1].Dicom is not { } dicom)
        {
            return null;
        }

        bool isFrame = source.Phase != FrameSource.WholeClip;
        var image = new ImageReference(dicom, isFrame ? source.Frame + 1 : null);
        var frame = study.KeyFrames.FirstOrDefault(key => key.Source == source);
        if (isFrame && frame is not null && Graphic(measure.Name, frame) is { } graphic)
        {
            return new ContentItem(Inferred, "SCOORD", ReportCodes.Source)
            {
                Graphic = ("POLYLINE", graphic),
                Children = [new ContentItem("SELECTED FROM", "IMAGE", null) { Image = image }],
            };
        }

        return new ContentItem(Inferred, "IMAGE", ReportCodes.Source) { Image = image };
    }

    private static float[]? Graphic(string measure, KeyFrame frame)
    {
        string? caliper = measure switch
        {
            MeasureNames.IvsD or MeasureNames.IvsS => "ivs",
            MeasureNames.LvidD or MeasureNames.LvidS => "lvid",
            MeasureNames.LvpwD or MeasureNames.LvpwS => "lvpw",
            MeasureNames.LvLengthD or MeasureNames.LvLengthS => "long_axis",
            _ => null,
        };
        if (caliper is not null)
        {
            return frame.Calipers.FirstOrDefault(candidate => candidate.Name == caliper) is { } line ? Places([line.From, line.To]) : null;
        }

        string structure = measure == MeasureNames.LaAreaA4c ? ApicalReader.Atrium : ApicalReader.Ventricle;
        return frame.Contours.FirstOrDefault(contour => contour.Structure == structure) is { } outline ? Places([.. outline.Points, outline.Points[0]]) : null;
    }

    // Spatial coordinates count from the upper left corner of the first pixel, whose centre is (0.5, 0.5) (PS3.3 C.18.6.1.1).
    private static float[] Places(IReadOnlyList<ImagePoint> points) => [.. points.SelectMany(point => new[] { (float)Math.Max(0, point.X + 0.5), (float)Math.Max(0, point.Y + 0.5) })];

    private ContentItem Summary() => ContentItem.Container(
        Contains,
        ReportCodes.Summary,
        study.Summary.Append(StudyJson.Disclaimer).Select(sentence => ContentItem.Sentence(Contains, ReportCodes.Finding, sentence)));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
