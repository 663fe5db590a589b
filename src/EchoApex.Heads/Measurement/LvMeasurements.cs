using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Measurement;

/// <summary>The lengths of one frame, from its points. Pure geometry: no network, no tensor.</summary>
public sealed record LvMeasurements
{
    private const string Start = "_start";
    private const string End = "_end";

    /// <summary>The lengths, in the order in which they were asked for.</summary>
    public required IReadOnlyList<LinearLength> Lengths { get; init; }

    /// <summary>Interventricular septum in mm.</summary>
    /// <exception cref="MeasurementRefusedException">It cannot be given.</exception>
    public double IvsMm => Mm("ivs");

    /// <summary>Internal diameter of the left ventricle in mm.</summary>
    /// <exception cref="MeasurementRefusedException">It cannot be given.</exception>
    public double LvidMm => Mm("lvid");

    /// <summary>Posterior wall in mm.</summary>
    /// <exception cref="MeasurementRefusedException">It cannot be given.</exception>
    public double LvpwMm => Mm("lvpw");

    /// <summary>Measures each pair NAME_start, NAME_end as a length NAME.</summary>
    /// <param name="points">Points in pixels of the original frame: undo crop and resize first.</param>
    /// <param name="spacing">Size of a pixel of the original frame; null leaves lengths in pixels alone.</param>
    /// <param name="names">The lengths; null takes "ivs", "lvid", "lvpw".</param>
    public static LvMeasurements FromPoints(IReadOnlyDictionary<string, ImagePoint> points, PixelSpacing? spacing, IReadOnlyList<string>? names = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        return new LvMeasurements { Lengths = [.. (names ?? ["ivs", "lvid", "lvpw"]).Select(name => Length(name, points, spacing))] };
    }

    /// <summary>The lengths that a list of landmarks spans: each NAME with both NAME_start and NAME_end, in order.</summary>
    public static IReadOnlyList<string> NamesOf(IReadOnlyList<string> landmarks)
    {
        ArgumentNullException.ThrowIfNull(landmarks);
        return [.. landmarks
            .Where(name => name.EndsWith(Start, StringComparison.Ordinal) && landmarks.Contains($"{name[..^Start.Length]}{End}"))
            .Select(name => name[..^Start.Length])];
    }

    /// <summary>The length of a name.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public LinearLength Length(string name) =>
        Lengths.FirstOrDefault(length => length.Name == name)
        ?? throw new KeyNotFoundException($"There is no length '{name}'; there are {string.Join(", ", Lengths.Select(length => length.Name))}.");

    /// <summary>The length of a name in mm.</summary>
    /// <exception cref="MeasurementRefusedException">It cannot be given: a point or the pixel spacing is missing.</exception>
    public double Mm(string name)
    {
        var length = Length(name);
        return length.Mm ?? throw new MeasurementRefusedException(length.Refusal!.Value, length.Refusal == MeasurementRefusal.NoPixelSpacing
            ? $"'{name}' has no length in mm: the clip does not say how large a pixel is. Give the pixel spacing, or take the length in pixels ({length.Pixels:0.0})."
            : $"'{name}' has no length: {name}{Start} or {name}{End} is absent in this frame. Choose a frame that shows both.");
    }

    private static LinearLength Length(string name, IReadOnlyDictionary<string, ImagePoint> points, PixelSpacing? spacing)
    {
        if (!points.TryGetValue(name + Start, out var from) || !points.TryGetValue(name + End, out var to))
        {
            return new LinearLength(name, null, null, MeasurementRefusal.MissingPoint);
        }

        double dx = to.X - from.X, dy = to.Y - from.Y;
        double pixels = Math.Sqrt((dx * dx) + (dy * dy));
        return spacing is null
            ? new LinearLength(name, pixels, null, MeasurementRefusal.NoPixelSpacing)
            : new LinearLength(name, pixels, Math.Sqrt((dx * dx * spacing.XMm * spacing.XMm) + (dy * dy * spacing.YMm * spacing.YMm)), null);
    }
}
