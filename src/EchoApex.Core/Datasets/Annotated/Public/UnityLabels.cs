using System.Globalization;
using System.Text.Json;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Reads the labels of one frame of Unity Imaging.</summary>
internal static class UnityLabels
{
    // Names of the set for the ends of measurements in the parasternal long axis, from the septum down.
    private static readonly (string Length, string Start, string End)[] Measurements =
    [
        ("ivs", "lv-ivs-top", "lv-ivs-bottom"), ("lvid", "lv-ivs-bottom", "lv-pw-top"), ("lvpw", "lv-pw-top", "lv-pw-bottom"),
    ];

    /// <exception cref="DataException">A label is not what it should be.</exception>
    public static FrameAnnotation Read(string path, JsonProperty frame, PixelSpacing? spacing)
    {
        if (frame.Value.ValueKind != JsonValueKind.Object || !frame.Value.TryGetProperty("labels", out var labels) || labels.ValueKind != JsonValueKind.Object)
        {
            throw new DataException(path, $"'{frame.Name}' has no labels. Correct or remove it.");
        }

        var points = new Dictionary<string, ImagePoint>();
        var curves = new Dictionary<string, IReadOnlyList<ImagePoint>>();
        var (absent, unclear) = (new List<string>(), new List<string>());
        foreach (var label in labels.EnumerateObject())
        {
            // Some tools of the set write a list of one.
            var value = label.Value.ValueKind == JsonValueKind.Array && label.Value.GetArrayLength() == 1 ? label.Value[0] : label.Value;
            switch (Text(value, "type").ToUpperInvariant())
            {
                case "POINT":
                    points[label.Name] = Points(path, frame.Name, label.Name, value) is [var point] ? point : throw Wrong(path, frame.Name, label.Name, "is a point, but has not one place");
                    break;
                case "CURVE":
                    curves[label.Name] = Points(path, frame.Name, label.Name, value) is { Count: >= 2 } knots ? NaturalSpline.Through(knots) : throw Wrong(path, frame.Name, label.Name, "is a curve, but has fewer than two places");
                    break;
                case "OFF":
                    absent.Add(label.Name);
                    break;
                case "BLURRED":
                    unclear.Add(label.Name);
                    break;
                case "":
                    break;
                default:
                    throw Wrong(path, frame.Name, label.Name, $"has the type '{Text(value, "type")}', expected point, curve, off or blurred");
            }
        }

        return new FrameAnnotation { Frame = 0, Landmarks = points, LengthsMm = Measure(points, spacing), Curves = curves, Absent = absent, Unclear = unclear };
    }

    private static Dictionary<string, double> Measure(Dictionary<string, ImagePoint> points, PixelSpacing? spacing)
    {
        var lengths = new Dictionary<string, double>();
        foreach (var (length, start, end) in Measurements)
        {
            if (points.TryGetValue(start, out var from) && points.TryGetValue(end, out var to))
            {
                (points[$"{length}_start"], points[$"{length}_end"]) = (from, to);
                if (spacing is not null)
                {
                    var (x, y) = ((to.X - from.X) * spacing.XMm, (to.Y - from.Y) * spacing.YMm);
                    lengths[length] = Math.Sqrt((x * x) + (y * y));
                }
            }
        }

        return lengths;
    }

    private static List<ImagePoint> Points(string path, string frame, string label, JsonElement value)
    {
        string[] x = Text(value, "x").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string[] y = Text(value, "y").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (x.Length != y.Length)
        {
            throw Wrong(path, frame, label, $"has {x.Length} columns and {y.Length} rows");
        }

        double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(path, frame, label, $"has the place '{text}', which is no number");
        return [.. x.Zip(y, (column, row) => new ImagePoint(Number(column), Number(row)))];
    }

    private static string Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var text)
            ? text.ValueKind switch { JsonValueKind.String => text.GetString()!, JsonValueKind.Number => text.GetRawText(), _ => "" }
            : "";

    private static DataException Wrong(string path, string frame, string label, string what) =>
        new(path, $"'{frame}': the label '{label}' {what}; the frame is left out. Correct or remove the label.");
}
