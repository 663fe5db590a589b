namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>A box of 2 x Radius + 1 whole pixels and one fractional pixel on either side; weights in fixed point.</summary>
internal readonly record struct BoxFilter(int Radius, uint Inner, uint Outer)
{
    /// <summary>Fraction bits of the weights.</summary>
    public const int FractionBits = 24;

    /// <summary>What rounds a sum to the nearest level.</summary>
    public const uint Half = 1u << (FractionBits - 1);

    /// <summary>The filter of a radius with a fraction, in pixels.</summary>
    public static BoxFilter Of(float radius)
    {
        int whole = (int)radius;
        uint inner = (uint)((float)(1u << FractionBits) / ((radius * 2) + 1));
        uint outer = ((1u << FractionBits) - ((uint)((whole * 2) + 1) * inner)) / 2;
        return new BoxFilter(whole, inner, outer);
    }

    /// <summary>The level of a pixel: the sum of the whole pixels, and of the two on either side.</summary>
    public byte Weigh(uint sum, int outside) => (byte)(((sum * Inner) + ((uint)outside * Outer) + Half) >> FractionBits);
}
