using EchoApex.Heads.Studies;
using static EchoApex.Heads.Reporting.HtmlText;

namespace EchoApex.Heads.Reporting;

/// <summary>Charts of a report as vectors.</summary>
internal static class HtmlCharts
{
    private const double Width = 560;
    private const double Height = 240;
    private const double Left = 46;
    private const double Right = 12;
    private const double Top = 22;
    private const double Bottom = 38;

    /// <summary>A quantity over time with end diastole and end systole of each beat.</summary>
    public static Raw Curve(StudyCurve curve, IReadOnlyList<StudyBeat> beats)
    {
        var points = curve.TimesMs.Zip(curve.Values).Where(pair => pair.Second is not null).Select(pair => (X: pair.First, Y: pair.Second!.Value)).ToArray();
        if (points.Length < 2)
        {
            return Of($"<p class=\"muted\">The curve of clip {curve.Clip} has fewer than two points.</p>");
        }

        var axes = Axes.Over(points.Select(point => point.X), points.Select(point => point.Y));
        var marks = new HtmlText();
        foreach (var beat in beats.Where(beat => beat.Clip == curve.Clip))
        {
            Mark(marks, axes, curve, beat.EndDiastolicFrame, "ED", "#0b6e4f");
            Mark(marks, axes, curve, beat.EndSystolicFrame, "ES", "#b3261e");
        }

        string name = curve.Quantity switch { "lv_volume" => "LV volume", "lv_area" => "LV area", _ => "LV internal diameter" };
        return Of($"""
            <svg class="chart" viewBox="0 0 {Width} {Height}" role="img" aria-label="{name} over time, clip {curve.Clip}">
            <text class="title" x="{Left}" y="13">{name} ({curve.Unit}), clip {curve.Clip}</text>
            {Grid(axes, "ms")}
            <polyline fill="none" stroke="#1d5b8f" stroke-width="1.8" points="{string.Join(' ', points.Select(point => $"{Number(axes.X(point.X))},{Number(axes.Y(point.Y))}"))}"/>
            {marks.ToRaw()}
            </svg>
            """);
    }

    /// <summary>The ejection fraction from beat to beat, with its mean.</summary>
    public static Raw Trend(IReadOnlyList<StudyBeat> beats, int clip)
    {
        double[] values = [.. beats.Select(beat => beat.EjectionFractionPercent!.Value)];
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        var axes = Axes.Over([0.5, values.Length + 0.5], [.. values, mean - (2 * deviation), mean + (2 * deviation)]);
        var dots = new HtmlText();
        for (int i = 0; i < values.Length; i++)
        {
            dots.Add($"<circle cx=\"{Number(axes.X(i + 1))}\" cy=\"{Number(axes.Y(values[i]))}\" r=\"4\" fill=\"#1d5b8f\"/>");
            dots.Add($"<text class=\"tick\" text-anchor=\"middle\" x=\"{Number(axes.X(i + 1))}\" y=\"{Number(Height - Bottom + 16)}\">beat {i + 1}</text>");
        }

        string band = Number(Math.Max(0, axes.Y(mean - deviation) - axes.Y(mean + deviation)));
        return Of($"""
            <svg class="chart" viewBox="0 0 {Width} {Height}" role="img" aria-label="Ejection fraction from beat to beat, clip {clip}">
            <text class="title" x="{Left}" y="13">Ejection fraction (%) by beat, clip {clip}: {Number(mean, "0.0")} ± {Number(deviation, "0.0")}</text>
            {Grid(axes, null)}
            <rect x="{Left}" width="{Width - Left - Right}" y="{Number(axes.Y(mean + deviation))}" height="{band}" fill="#1d5b8f" fill-opacity="0.10"/>
            <line x1="{Left}" x2="{Width - Right}" y1="{Number(axes.Y(mean))}" y2="{Number(axes.Y(mean))}" stroke="#1d5b8f" stroke-dasharray="5 4"/>
            {dots.ToRaw()}
            </svg>
            """);
    }

    private static void Mark(HtmlText marks, Axes axes, StudyCurve curve, int frame, string label, string color)
    {
        int place = curve.Frames.ToList().IndexOf(frame);
        if (place < 0 || curve.Values[place] is not { } value)
        {
            return;
        }

        var (x, y) = (axes.X(curve.TimesMs[place]), axes.Y(value));
        marks.Add($"<circle cx=\"{Number(x)}\" cy=\"{Number(y)}\" r=\"4\" fill=\"{color}\"/><text class=\"mark\" fill=\"{color}\" text-anchor=\"middle\" x=\"{Number(x)}\" y=\"{Number(label == "ED" ? y - 7 : y + 15)}\">{label}</text>");
    }

    private static Raw Grid(Axes axes, string? unit)
    {
        var grid = new HtmlText();
        grid.Each(axes.TicksY, tick => $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Number(axes.Y(tick))}\" y2=\"{Number(axes.Y(tick))}\"/><text class=\"tick\" text-anchor=\"end\" x=\"{Left - 6}\" y=\"{Number(axes.Y(tick) + 3.5)}\">{Number(tick)}</text>");
        if (unit is not null)
        {
            grid.Each(axes.TicksX, tick => $"<text class=\"tick\" text-anchor=\"middle\" x=\"{Number(axes.X(tick))}\" y=\"{Number(Height - Bottom + 16)}\">{Number(tick)}</text>");
            grid.Add($"<text class=\"tick\" text-anchor=\"middle\" x=\"{Number((Left + Width - Right) / 2)}\" y=\"{Height - 4}\">{unit}</text>");
        }

        grid.Add($"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>");
        return grid.ToRaw();
    }

    private sealed record Axes(double LowX, double HighX, double LowY, double HighY)
    {
        public static Axes Over(IEnumerable<double> x, IEnumerable<double> y)
        {
            double[] across = [.. x], down = [.. y];
            double room = Math.Max(1e-6, 0.12 * (down.Max() - down.Min()));
            return new Axes(across.Min(), Math.Max(across.Max(), across.Min() + 1e-6), down.Min() - room, down.Max() + room);
        }

        public IReadOnlyList<double> TicksX => Ticks(LowX, HighX, 8);

        public IReadOnlyList<double> TicksY => Ticks(LowY, HighY, 5);

        public double X(double value) => Left + ((value - LowX) / (HighX - LowX) * (Width - Left - Right));

        public double Y(double value) => Height - Bottom - ((value - LowY) / (HighY - LowY) * (Height - Top - Bottom));

        private static double[] Ticks(double low, double high, int most)
        {
            double rough = (high - low) / most;
            double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            double step = power * new[] { 1.0, 2, 5, 10 }.First(factor => power * factor >= rough);
            return [.. Enumerable.Range(0, most + 2).Select(i => (Math.Ceiling(low / step) + i) * step).Where(tick => tick <= high + (1e-9 * step))];
        }
    }
}
