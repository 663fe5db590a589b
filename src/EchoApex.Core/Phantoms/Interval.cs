using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>A range of values from which one is drawn for each clip.</summary>
internal readonly record struct Interval(double Low, double High)
{
    public double Draw(RandomStream random) => random.Uniform(Low, High);
}
