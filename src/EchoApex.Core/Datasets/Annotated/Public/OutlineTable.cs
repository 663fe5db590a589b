using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Reads VolumeTracings.csv of the EchoNet sets into outlines of each video's frames.</summary>
internal static class OutlineTable
{
    private const int FewestChords = 3;

    /// <summary>
    /// EchoNet-Dynamic: columns X1, Y1, X2, Y2; the first row of a frame is the long axis, the others are chords across it from
    /// apex to mitral valve. The outline runs along the chords' first ends and back along their second ends.
    /// </summary>
    public static Dictionary<string, List<Outline>> ReadChords(string path, ClipSetBuilder builder)
    {
        var table = SetTable.Read(path, builder, "FileName", "X1", "Y1", "X2", "Y2", "Frame");
        int x1 = table.Column("X1"), y1 = table.Column("Y1"), x2 = table.Column("X2"), y2 = table.Column("Y2");
        return Read(
            table,
            builder,
            (row, trace) =>
            {
                trace.First.Add(new ImagePoint(table.Require(row, x1), table.Require(row, y1)));
                trace.Second.Add(new ImagePoint(table.Require(row, x2), table.Require(row, y2)));
            },
            trace => trace.First.Count > FewestChords ? [.. trace.First.Skip(1), .. trace.Second.Skip(1).Reverse()] : null);
    }

    /// <summary>EchoNet-Pediatric: columns X, Y, one corner a row.</summary>
    public static Dictionary<string, List<Outline>> ReadCorners(string path, ClipSetBuilder builder)
    {
        var table = SetTable.Read(path, builder, "FileName", "X", "Y", "Frame");
        int x = table.Column("X"), y = table.Column("Y");
        return Read(
            table,
            builder,
            (row, trace) => trace.First.Add(new ImagePoint(table.Require(row, x), table.Require(row, y))),
            trace => trace.First.Count >= FewestChords ? trace.First : null);
    }

    private static Dictionary<string, List<Outline>> Read(SetTable table, ClipSetBuilder builder, Action<CsvTable.Row, Trace> add, Func<Trace, IReadOnlyList<ImagePoint>?> corners)
    {
        int name = table.Column("FileName"), frame = table.Column("Frame");
        var traces = new Dictionary<(string Video, int Frame), Trace>();
        int without = 0;
        foreach (var row in table.Rows)
        {
            // "No Systolic" and "No Diastolic": the readers found no such frame.
            if (SetTable.Text(row, frame).StartsWith("No ", StringComparison.OrdinalIgnoreCase))
            {
                without++;
                continue;
            }

            Trace? trace = null;
            try
            {
                var key = (FileIndex.Stem(SetTable.Text(row, name)), table.Frame(row, frame));
                if (!traces.TryGetValue(key, out trace))
                {
                    traces[key] = trace = new Trace(row);
                }

                add(row, trace);
            }
            catch (DataException error)
            {
                // An outline without one of its corners would be another shape: all of it goes.
                if (trace is not null)
                {
                    trace.IsDamaged = true;
                }

                builder.Skip(error.File, $"{error.Reason} The outline of this frame is left out.");
            }
        }

        builder.Count(without, "rows of tracings say that there is no such frame ('No Systolic', 'No Diastolic').");
        return Outlines(table, builder, traces, corners);
    }

    private static Dictionary<string, List<Outline>> Outlines(SetTable table, ClipSetBuilder builder, Dictionary<(string Video, int Frame), Trace> traces, Func<Trace, IReadOnlyList<ImagePoint>?> corners)
    {
        var outlines = new Dictionary<string, List<Outline>>(StringComparer.Ordinal);
        foreach (var ((video, frame), trace) in traces.Where(pair => !pair.Value.IsDamaged))
        {
            if (corners(trace) is not { } outline)
            {
                builder.Skip(table.Path, $"line {trace.Start.Line}: frame {frame} of '{video}' has {trace.First.Count} rows, too few for an outline; it is left out. Complete or remove them.");
                continue;
            }

            if (!outlines.TryGetValue(video, out var all))
            {
                outlines[video] = all = [];
            }

            all.Add(new Outline(frame, outline));
        }

        return outlines;
    }

    private sealed class Trace(CsvTable.Row start)
    {
        public CsvTable.Row Start { get; } = start;

        public List<ImagePoint> First { get; } = [];

        public List<ImagePoint> Second { get; } = [];

        public bool IsDamaged { get; set; }
    }
}
