namespace EchoApex.Core.Phantoms;

/// <summary>
/// The cut through a heart that a view shows, in the heart's own plane: x to the right of the image, y away from the probe, cm.
/// A scene is set to a moment of the beat, then asked what lies at points.
/// </summary>
internal abstract class HeartScene
{
    /// <summary>The point of the scene that stands at <see cref="Depth"/> under the probe, and around which it is tilted.</summary>
    public abstract (double X, double Y) Pivot { get; }

    /// <summary>Distance of the pivot from the probe in cm.</summary>
    public abstract double Depth { get; }

    /// <summary>Rotation of the scene in the image before tilt, radians, clockwise as seen in the image.</summary>
    public virtual double Rotation => 0;

    /// <summary>The labels that can occur.</summary>
    public abstract IReadOnlyList<PhantomLabel> Labels { get; }

    /// <summary>Sets the moment of the beat.</summary>
    public abstract void Set(in Beat beat);

    /// <summary>What lies at each of a row of points.</summary>
    public abstract void Classify(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<byte> tissues);

    /// <summary>The landmarks of the moment.</summary>
    public abstract IEnumerable<(string Name, double X, double Y)> Landmarks();

    /// <summary>The scene of a view.</summary>
    public static HeartScene Create(PhantomView view, HeartAnatomy heart, Runtime.RandomStream random) => view switch
    {
        PhantomView.A4C or PhantomView.A2C or PhantomView.A5C or PhantomView.SC4C => new ApicalScene(view, heart, random),
        PhantomView.PLAX => new LongAxisScene(heart, random),
        PhantomView.PSAX => new ShortAxisScene(heart, random),
        _ => throw new ArgumentOutOfRangeException(nameof(view), view, "Not a view."),
    };
}
