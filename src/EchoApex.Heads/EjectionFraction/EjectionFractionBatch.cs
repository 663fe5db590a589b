// S side of the square input, T frames of a window.
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Windows of clips; a window with fewer frames than T is padded.</summary>
internal sealed class EjectionFractionBatch(int size, int frames, int side) : ITaskBatch
{
    public int Size { get; } = size;

    /// <summary>T.</summary>
    public int Frames { get; } = frames;

    /// <summary>The frames, window after window, [Size x T].</summary>
    public FrameBatch Pictures { get; } = new(size * frames, side);

    /// <summary>Frames of each window, [Size].</summary>
    public int[] Counts { get; } = new int[size];

    /// <summary>Time of each frame in ms from the window's first, NaN where unknown, [Size, T].</summary>
    public float[] TimesMs { get; } = new float[size * frames];

    /// <summary>Ejection fraction in percent, [Size].</summary>
    public float[] Percent { get; } = new float[size];

    /// <summary>Place of end diastole and end systole in the window, -1 where unknown or outside, [Size, 2].</summary>
    public long[] PhaseFrames { get; } = new long[size * 2];
}
