using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// The changes of a crop's gray values that depend on the place: ramp, depth gain, speckle and noise, drawn once a crop and
/// applied row by row, eight pixels at once.
/// </summary>
internal readonly ref struct SpatialIntensity
{
    private const int Lanes = 8;

    private readonly DepthMap _depth;
    private readonly int _side;
    private readonly bool _hasRamp;
    private readonly float _rampAcross, _rampDown, _depthGain, _speckle, _noise;

    /// <summary>Draws how far each step goes.</summary>
    /// <param name="side">Side of the crop.</param>
    /// <param name="depth">Depths of the crop's pixels, for the depth gain.</param>
    /// <param name="options">What to change and how far.</param>
    /// <param name="random">Random numbers.</param>
    public SpatialIntensity(int side, in DepthMap depth, MultiCropOptions options, RandomStream random)
    {
        (_side, _depth, _hasRamp) = (side, depth, options.Ramp > 0);
        _rampAcross = _hasRamp ? (float)random.Uniform(-options.Ramp, options.Ramp) : 0;
        _rampDown = _hasRamp ? (float)random.Uniform(-options.Ramp, options.Ramp) : 0;
        _depthGain = options.DepthGain > 0 ? (float)(random.Uniform(-options.DepthGain, options.DepthGain) / options.DynamicRange) : 0;
        _speckle = options.Speckle > 0 ? (float)random.Uniform(0, options.Speckle) : 0;
        _noise = options.Noise > 0 ? (float)random.Uniform(0, options.Noise) : 0;
    }

    private bool HasNoise => _speckle > 0 || _noise > 0;

    /// <summary>Looks the crop's levels up in a table and applies the steps.</summary>
    /// <param name="crop">Side x side levels, 0 outside the sector.</param>
    /// <param name="table">The gray value of each level.</param>
    /// <param name="random">Random numbers of the noise.</param>
    /// <param name="result">Side x side gray values.</param>
    public void Apply(ReadOnlySpan<byte> crop, ReadOnlySpan<float> table, RandomStream random, Span<float> result)
    {
        if (!_hasRamp && _depthGain == 0 && !HasNoise)
        {
            LookUp(crop, table, result);
            return;
        }

        // Rows are filled up to whole vectors; what lies beyond the row is computed and dropped.
        int padded = (_side + Lanes - 1) / Lanes * Lanes;
        Span<byte> levels = stackalloc byte[padded];
        Span<float> values = stackalloc float[padded];
        Span<float> noise = stackalloc float[padded];
        Span<float> ramp = stackalloc float[padded];
        levels.Clear();
        FillRamp(ramp);
        for (int y = 0; y < _side; y++)
        {
            crop.Slice(y * _side, _side).CopyTo(levels);
            LookUp(levels, table, values);
            if (HasNoise)
            {
                random.FillNoise(noise);
            }

            ApplyRow(y, levels, ramp, noise, values);
            values[.._side].CopyTo(result[(y * _side)..]);
        }
    }

    private void FillRamp(Span<float> ramp)
    {
        float step = _side > 1 ? 2f / (_side - 1) : 0;
        for (int x = 0; x < ramp.Length; x++)
        {
            ramp[x] = _rampAcross * ((x * step) - 1);
        }
    }

    private void ApplyRow(int row, ReadOnlySpan<byte> levels, ReadOnlySpan<float> ramp, ReadOnlySpan<float> noise, Span<float> values)
    {
        float step = _side > 1 ? 2f / (_side - 1) : 0;
        var rampDown = Vector256.Create(_rampDown * ((row * step) - 1));
        var columns = Vector256<float>.Indices;
        for (int x = 0; x < values.Length; x += Lanes)
        {
            var value = Vector256.LoadUnsafe(ref values[x]);
            var inside = Inside(levels, x);
            if (_hasRamp)
            {
                value = Clamp(value + rampDown + Vector256.LoadUnsafe(in ramp[x]));
            }

            if (_depthGain != 0)
            {
                var gain = _depth.At(columns + Vector256.Create((float)x), row) * _depthGain;
                value = Vector256.ConditionalSelect(inside, Clamp(value + gain), value);
            }

            if (HasNoise)
            {
                // Speckle and noise are independent and both normal: their sum is one normal number.
                var grain = value * _speckle;
                var deviation = Vector256.Sqrt((grain * grain) + Vector256.Create(_noise * _noise));
                value = Vector256.ConditionalSelect(inside, Clamp(value + (deviation * Vector256.LoadUnsafe(in noise[x]))), value);
            }

            value.StoreUnsafe(ref values[x]);
        }
    }

    /// <summary>All bits set where a level is above 0, for eight levels from a place on.</summary>
    public static Vector256<float> Inside(ReadOnlySpan<byte> levels, int at)
    {
        ulong eight = Unsafe.ReadUnaligned<ulong>(ref Unsafe.AsRef(in levels.Slice(at, sizeof(ulong))[0]));
        var shorts = Vector128.WidenLower(Vector128.CreateScalarUnsafe(eight).AsByte());
        var (low, high) = Vector128.Widen(shorts);
        return Vector256.GreaterThan(Vector256.Create(low, high).AsInt32(), Vector256<int>.Zero).AsSingle();
    }

    /// <summary>Clips gray values to 0..1.</summary>
    public static Vector256<float> Clamp(Vector256<float> values) =>
        Vector256.MinNative(Vector256.MaxNative(values, Vector256<float>.Zero), Vector256<float>.One);

    private static void LookUp(ReadOnlySpan<byte> levels, ReadOnlySpan<float> table, Span<float> values)
    {
        ref float entry = ref MemoryMarshal.GetReference(table[..256]);
        values = values[..levels.Length];
        for (int i = 0; i < levels.Length; i++)
        {
            values[i] = Unsafe.Add(ref entry, levels[i]);
        }
    }
}
