using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>
/// Reads EchoNet-LVH (Stanford): parasternal long-axis videos with calipers across septum, left ventricle and posterior wall. Files:
/// MeasurementsList.csv, Batch1/ to Batch4/.
/// </summary>
/// <remarks>
/// Handled: the column order X1, X2, Y1, Y2; lengths in cm; no pixel size anywhere: it follows from each caliper's length in cm and in
/// pixels, the median over the clip's rows is its spacing, and clips whose rows differ by more than a tenth are counted in a note; the
/// upper end of a caliper is its start, so that a measurement runs from the septum to the posterior wall; calculations other than
/// IVS, LVID and LVPW are passed over. Frames are taken to count from 0, which the set's own text does not say. Width and Height are not
/// used: a caliper is in pixels of the video. Videos are not opened until a clip is used. Layout after echonet/lvh.
/// </remarks>
public static class EchoNetLvhSet
{
    internal const string Name = "EchoNet-LVH";
    private const double Disagreement = .1;

    /// <summary>Reads the set's table.</summary>
    /// <param name="folder">The folder into which the set was unpacked, or one above it.</param>
    /// <exception cref="DataException">There is no such set, the table is not what it should be, or no clip can be used.</exception>
    public static AnnotatedClipSet Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string list = SetFolder.List(folder).Named("MeasurementsList.csv").FirstOrDefault()
            ?? throw new DataException(folder, "holds no EchoNet-LVH: there is no MeasurementsList.csv. Name the folder that holds it and Batch1 to Batch4.");
        string root = Path.GetDirectoryName(list)!;
        var builder = new ClipSetBuilder(Name, list);
        var table = SetTable.Read(list, builder, "HashedFileName", "Calc", "CalcValue", "Frame", "X1", "X2", "Y1", "Y2", "split");
        var videos = FileIndex.List([root], ".avi", ".mp4");
        var clips = new Dictionary<string, List<Caliper>>(StringComparer.Ordinal);
        int others = 0;
        foreach (var row in table.Rows)
        {
            if (Structure(SetTable.Text(row, table.Column("Calc"))) is not { } structure)
            {
                others++;
                continue;
            }

            builder.Try(() =>
            {
                var caliper = Measure(table, row, structure);
                if (!clips.TryGetValue(caliper.Video, out var calipers))
                {
                    clips[caliper.Video] = calipers = [];
                }

                calipers.Add(caliper);
            });
        }

        builder.Count(others, "rows are of calculations other than IVS, LVID and LVPW and were passed over.");
        foreach (var (video, calipers) in clips)
        {
            builder.Try(() => builder.Add(Clip(table, video, calipers, videos, builder)));
        }

        builder.Count(builder.Clips.Count(clip => Spread(clips[clip.Name]) > Disagreement), "clips have calipers whose pixel sizes differ by more than 10 %: their spacing is the median.");
        return builder.Build([]);
    }

    private static string? Structure(string calculation) => calculation.TrimEnd('d', 's').ToUpperInvariant() switch
    {
        "IVS" => "ivs",
        "LVID" => "lvid",
        "LVPW" => "lvpw",
        _ => null,
    };

    private static Caliper Measure(SetTable table, CsvTable.Row row, string structure)
    {
        double Value(string column) => table.Require(row, table.Column(column));
        var a = new ImagePoint(Value("X1"), Value("Y1"));
        var b = new ImagePoint(Value("X2"), Value("Y2"));
        double pixels = Math.Sqrt(((b.X - a.X) * (b.X - a.X)) + ((b.Y - a.Y) * (b.Y - a.Y)));
        double cm = Value("CalcValue");
        if (!(cm > 0) || !(pixels > 0))
        {
            throw table.Error(row, $"the caliper has {cm:R} cm and {pixels:0.##} pixels; both must be above 0. Correct or remove the line.");
        }

        bool isDown = a.Y < b.Y || (a.Y == b.Y && a.X <= b.X);
        return new Caliper(
            FileIndex.Stem(SetTable.Text(row, table.Column("HashedFileName"))),
            structure,
            SetTable.Text(row, table.Column("Calc"))[^1] == 's',
            table.Frame(row, table.Column("Frame")),
            isDown ? a : b,
            isDown ? b : a,
            cm * 10,
            cm * 10 / pixels,
            table.Split(row, table.Column("split")),
            row);
    }

    private static AnnotatedClip Clip(SetTable table, string video, List<Caliper> calipers, FileIndex videos, ClipSetBuilder builder)
    {
        var first = calipers[0];
        if (calipers.Find(caliper => caliper.Split != first.Split) is { } other)
        {
            throw table.Error(other.Row, $"'{video}' is in {other.Split} here and in {first.Split} in line {first.Row.Line}; the clip is left out. Correct one of them.");
        }

        double mm = Median(calipers);
        double spread = Spread(calipers);
        return new AnnotatedClip
        {
            Name = video,
            Path = EchoNetDynamicSet.Video(table, first.Row, videos, video, "the Batch folders"),
            Patient = video,
            Split = first.Split,
            View = "PLAX",
            EndDiastolicFrame = FrameOf(calipers, systole: false),
            EndSystolicFrame = FrameOf(calipers, systole: true),
            Spacing = new PixelSpacing(mm, mm),
            Frames = [.. calipers.GroupBy(caliper => caliper.Frame).OrderBy(frame => frame.Key).Select(frame => Frame(table, frame, builder))],
            Source = $"{table.Source(first.Row)}{(spread > Disagreement ? FormattableString.Invariant($" (pixel sizes of its rows differ by {100 * spread:0} %)") : "")}",
        };
    }

    // The ventricle's own caliper names the moment; a wall's stands in for it.
    private static int? FrameOf(List<Caliper> calipers, bool systole) =>
        calipers.Where(caliper => caliper.IsSystolic == systole).OrderBy(caliper => caliper.Structure == "lvid" ? 0 : 1).FirstOrDefault()?.Frame;

    private static FrameAnnotation Frame(SetTable table, IGrouping<int, Caliper> frame, ClipSetBuilder builder)
    {
        var (points, lengths) = (new Dictionary<string, ImagePoint>(), new Dictionary<string, double>());
        foreach (var caliper in frame)
        {
            if (lengths.TryAdd(caliper.Structure, caliper.Mm))
            {
                points[$"{caliper.Structure}_start"] = caliper.Start;
                points[$"{caliper.Structure}_end"] = caliper.End;
            }
            else
            {
                builder.Skip(table.Path, $"line {caliper.Row.Line}: frame {frame.Key} of '{caliper.Video}' has this measurement already; the first is used. Remove one of the two lines.");
            }
        }

        return new FrameAnnotation { Frame = frame.Key, Landmarks = points, LengthsMm = lengths };
    }

    private static double Median(List<Caliper> calipers)
    {
        double[] sizes = [.. calipers.Select(caliper => caliper.MmPerPixel).Order()];
        return (sizes[(sizes.Length - 1) / 2] + sizes[sizes.Length / 2]) / 2;
    }

    private static double Spread(List<Caliper> calipers)
    {
        double median = Median(calipers);
        return calipers.Max(caliper => Math.Abs(caliper.MmPerPixel - median)) / median;
    }

    private sealed record Caliper(string Video, string Structure, bool IsSystolic, int Frame, ImagePoint Start, ImagePoint End, double Mm, double MmPerPixel, DataSplit Split, CsvTable.Row Row);
}
