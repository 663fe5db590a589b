namespace EchoApex.Core.Charts;

/// <summary>Something that can be drawn as a picture of a given size.</summary>
public interface IChart
{
    /// <summary>Draws on white.</summary>
    /// <param name="width">Width in pixels, at least 160.</param>
    /// <param name="height">Height in pixels, at least 120.</param>
    /// <exception cref="ArgumentOutOfRangeException">The picture would be smaller than that, or larger than 20,000 pixels a side.</exception>
    ChartPicture Render(int width, int height);
}
