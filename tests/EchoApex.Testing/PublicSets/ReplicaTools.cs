using System.Globalization;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;

namespace EchoApex.Testing.PublicSets;

/// <summary>What the replicas share: phantoms, parts, and tracings of masks as human readers make them.</summary>
public static class ReplicaTools
{
    public static PhantomClip Phantom(ReplicaOptions options, PhantomView view, int index) => PhantomGenerator.Generate(
        new PhantomOptions { ImageSize = options.ImageSize, Frames = options.Frames, Views = [view] },
        options.Seed,
        index);

    /// <summary>Three of five train, one validates, one tests.</summary>
    public static DataSplit Split(int index) => (index % 5) switch { 3 => DataSplit.Validation, 4 => DataSplit.Test, _ => DataSplit.Train };

    public static string Word(DataSplit split) => split switch { DataSplit.Train => "train", DataSplit.Validation => "val", _ => "test" };

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public static string InFolder(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    public static void WriteLines(string path, IEnumerable<string> lines) => File.WriteAllText(InFolder(path), string.Join("\n", lines) + "\n");

    public static IReadOnlyList<int> AllFrames(PhantomClip phantom) => [.. Enumerable.Range(0, phantom.Clip.FrameCount)];

    public static ImagePoint? Landmark(PhantomTruth truth, int frame, string name) =>
        truth.Landmarks[frame].FirstOrDefault(point => point.Name == name) is { InSector: true } found ? new ImagePoint(found.X, found.Y) : null;

    /// <summary>
    /// The left ventricle as EchoNet-Dynamic traces it: the long axis, then chords across it from apex to mitral valve, each from one
    /// wall to the other.
    /// </summary>
    public static List<(ImagePoint A, ImagePoint B)> Chords(PhantomTruth truth, int frame, int count = 20)
    {
        var points = truth.Landmarks[frame];
        var apex = points.First(point => point.Name == "apex");
        var hinges = points.Where(point => point.Name.StartsWith("mitral", StringComparison.Ordinal)).ToArray();
        var (baseX, baseY) = (hinges.Average(point => point.X), hinges.Average(point => point.Y));
        double length = Math.Sqrt(((baseX - apex.X) * (baseX - apex.X)) + ((baseY - apex.Y) * (baseY - apex.Y)));
        var (alongX, alongY) = ((baseX - apex.X) / length, (baseY - apex.Y) / length);
        var chords = new List<(ImagePoint A, ImagePoint B)> { (new ImagePoint(apex.X, apex.Y), new ImagePoint(baseX, baseY)) };
        for (int i = 0; i < count; i++)
        {
            double place = length * (.02 + (.97 * i / (count - 1)));
            var (x, y) = (apex.X + (place * alongX), apex.Y + (place * alongY));
            if (IsVentricle(truth, frame, x, y))
            {
                chords.Add((Edge(truth, frame, x, y, -alongY, alongX), Edge(truth, frame, x, y, alongY, -alongX)));
            }
        }

        return chords;
    }

    /// <summary>The left ventricle's outline as corners, by rays from its centre.</summary>
    public static List<ImagePoint> Corners(PhantomTruth truth, int frame, int count = 32)
    {
        var mask = truth.Mask(frame);
        double sumX = 0, sumY = 0, pixels = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] == (byte)PhantomLabel.LeftVentricle)
            {
                (sumX, sumY, pixels) = (sumX + (i % truth.Width), sumY + (i / truth.Width), pixels + 1);
            }
        }

        return [.. Enumerable.Range(0, count).Select(i => Edge(truth, frame, sumX / pixels, sumY / pixels, Math.Cos(2 * Math.PI * i / count), Math.Sin(2 * Math.PI * i / count)))];
    }

    /// <summary>Share of pixels in either mask that are in both.</summary>
    public static double Dice(ReadOnlySpan<byte> truth, ReadOnlySpan<byte> mask, byte label)
    {
        int both = 0, sum = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            both += truth[i] == label && mask[i] == label ? 1 : 0;
            sum += (truth[i] == label ? 1 : 0) + (mask[i] == label ? 1 : 0);
        }

        return sum == 0 ? 1 : 2.0 * both / sum;
    }

    private static bool IsVentricle(PhantomTruth truth, int frame, double x, double y)
    {
        var (column, row) = ((int)Math.Round(x), (int)Math.Round(y));
        return column >= 0 && column < truth.Width && row >= 0 && row < truth.Height && truth.Mask(frame)[(row * truth.Width) + column] == (byte)PhantomLabel.LeftVentricle;
    }

    private static ImagePoint Edge(PhantomTruth truth, int frame, double x, double y, double stepX, double stepY)
    {
        double way = 0;
        while (IsVentricle(truth, frame, x + ((way + .25) * stepX), y + ((way + .25) * stepY)))
        {
            way += .25;
        }

        return new ImagePoint(x + (way * stepX), y + (way * stepY));
    }
}
