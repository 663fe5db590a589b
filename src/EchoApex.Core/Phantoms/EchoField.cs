using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// Makes the polar gray levels of a clip's frames from what tissue lies where: scatterers that move with the heart, bright
/// interfaces, haze, the point-spread function, gain, noise, reverberation and log compression.
/// </summary>
internal sealed class EchoField
{
    // Scatterers come from a tile of noise that repeats; its side is a power of two.
    private const int TileSize = 256;
    private const int GrayLevels = 1024;

    private readonly PolarGrid _grid;
    private readonly TissueTable _tissues;
    private readonly RandomStream _random;
    private readonly PointSpread _pointSpread;
    private readonly float[] _gain, _wallField, _outsideField, _hazeReal, _hazeImaginary, _noise;
    private readonly float[] _tileReal = new float[TileSize * TileSize];
    private readonly float[] _tileImaginary = new float[TileSize * TileSize];
    private readonly float[] _amplitude, _real, _imaginary, _fresh;
    private readonly float[] _grays = new float[GrayLevels + 1];
    private readonly float _cellsPerCm, _specular, _dynamicRange;
    private readonly float _reverberation;
    private readonly int _reverberationStart, _reverberationEnd;

    public EchoField(PolarGrid grid, NuisanceRanges ranges, RandomStream random)
    {
        (_grid, _random) = (grid, random);
        _tissues = new TissueTable(ranges, random);
        _gain = GainMap.Draw(grid, ranges, random);
        double cell = .1 / Math.Sqrt(grid.Refinement);
        _cellsPerCm = (float)(1 / cell);
        double axial = random.Uniform(.8, 1.6) * Math.Pow(grid.Refinement, .35);
        double lateral = random.Uniform(.8, 1.4) * Math.Pow(grid.Refinement, .6);
        _pointSpread = new PointSpread(grid, axial, lateral, random.Uniform(5, 12), cell);
        _specular = (float)random.Uniform(.5, 1.3);
        _dynamicRange = (float)ranges.DynamicRange.Draw(random);
        double gamma = random.Uniform(.75, 1.35);
        for (int i = 0; i <= GrayLevels; i++)
        {
            _grays[i] = (float)(255 * Math.Pow((double)i / GrayLevels, gamma));
        }

        (_amplitude, _real, _imaginary, _fresh) = (new float[grid.Count], new float[grid.Count], new float[grid.Count], new float[grid.Count]);
        FastNoise.Fill(_tileReal, random);
        FastNoise.Fill(_tileImaginary, random);
        _wallField = AmplitudeField(10, 8, ranges.DropoutDb);
        _outsideField = AmplitudeField(14, 6, 6);
        (_hazeReal, _hazeImaginary) = Haze(ranges);
        _noise = NoiseFloor(ranges);
        (_reverberation, _reverberationStart, _reverberationEnd) = Reverberation(ranges);
    }

    /// <summary>Makes one frame; frames are made in order.</summary>
    /// <param name="tissues">The tissue of each polar sample.</param>
    /// <param name="x">Where each sample lies in the heart, cm; scatterers are attached there.</param>
    /// <param name="y">See <paramref name="x"/>.</param>
    /// <param name="beat">The moment, by which scatterers are drawn together.</param>
    /// <param name="output">Receives gray levels from 0 to 255.</param>
    public void Make(ReadOnlySpan<byte> tissues, ReadOnlySpan<float> x, ReadOnlySpan<float> y, in Beat beat, Span<float> output)
    {
        SetAmplitudes(tissues);
        Scatter(tissues, x, y, beat);
        _pointSpread.Apply(_real);
        _pointSpread.Apply(_imaginary);
        Detect();
        Compress(output);
    }

    private void SetAmplitudes(ReadOnlySpan<byte> tissues)
    {
        float[] levels = _tissues.Amplitudes;
        bool[] blood = _tissues.IsBlood;
        for (int i = 0; i < tissues.Length; i++)
        {
            int tissue = tissues[i];
            float level = levels[tissue];
            _amplitude[i] = blood[tissue] ? level : level * (tissue == (int)Tissue.Outside ? _outsideField[i] : _wallField[i]);
        }
    }

    private void Scatter(ReadOnlySpan<byte> tissues, ReadOnlySpan<float> x, ReadOnlySpan<float> y, in Beat beat)
    {
        // Tissue keeps most of its echo from frame to frame; the rest is motion out of the plane. Blood keeps none.
        const float keptPart = .87f / 1.41421356f;
        const float freshPart = .49f / 1.41421356f;
        bool[] blood = _tissues.IsBlood;
        float scaleX = (float)(_cellsPerCm / beat.WidthFactor);
        float scaleY = (float)(_cellsPerCm / beat.LengthFactor);
        int beams = _grid.Beams;
        FastNoise.Fill(_fresh, _random);
        for (int i = 0; i < _real.Length; i++)
        {
            int column = (int)((x[i] * scaleX) + (TileSize * 8)) & (TileSize - 1);
            int row = (int)((y[i] * scaleY) + (TileSize * 8)) & (TileSize - 1);
            int cell = (row * TileSize) + column;
            float amplitude = _amplitude[i];
            (float kept, float fresh) = blood[tissues[i]] ? (0, .70710678f) : (keptPart, freshPart);

            // Where the echo strength rises along the beam an interface reflects; a wall along the beam does not.
            float rise = i >= beams ? amplitude - _amplitude[i - beams] : 0;
            _real[i] = (amplitude * ((kept * _tileReal[cell]) + (fresh * _fresh[i]))) + (rise > 0 ? _specular * rise : 0) + _hazeReal[i];
            _imaginary[i] = (amplitude * ((kept * _tileImaginary[cell]) + (fresh * _fresh[_fresh.Length - 1 - i]))) + _hazeImaginary[i];
        }
    }

    // Power after gain and noise, into the real part.
    private void Detect()
    {
        FastNoise.Fill(_fresh, _random);
        for (int i = 0; i < _real.Length; i++)
        {
            float noise = _fresh[i];
            _real[i] = (((_real[i] * _real[i]) + (_imaginary[i] * _imaginary[i])) * _gain[i]) + (noise * noise * _noise[i]);
        }

        // Echoes that went twice between the probe and the near field appear again at twice the depth.
        for (int range = _reverberationEnd - 1; range >= _reverberationStart; range--)
        {
            var source = _real.AsSpan(range / 2 * _grid.Beams, _grid.Beams);
            var target = _real.AsSpan(range * _grid.Beams, _grid.Beams);
            for (int i = 0; i < target.Length; i++)
            {
                target[i] += _reverberation * source[i];
            }
        }
    }

    private void Compress(Span<float> output)
    {
        float scale = 3.01029996f / _dynamicRange * GrayLevels;
        for (int i = 0; i < output.Length; i++)
        {
            float level = (MathF.Log2(_real[i] + 1e-12f) * scale) + GrayLevels;
            output[i] = _grays[(int)Math.Clamp(level, 0, GrayLevels)];
        }
    }

    private float[] AmplitudeField(int rows, int columns, double deviationDb)
    {
        float[] field = new float[_grid.Count];
        FastNoise.FillSmooth(field, _grid.Ranges, _grid.Beams, rows, columns, deviationDb, _random);
        for (int i = 0; i < field.Length; i++)
        {
            field[i] = MathF.Pow(10, field[i] / 20);
        }

        return field;
    }

    // Clutter that stands still while the heart moves: strong under the probe, weak and broad in the depth.
    private (float[] Real, float[] Imaginary) Haze(NuisanceRanges ranges)
    {
        double near = Math.Pow(10, ranges.NearHazeDb.Draw(_random) / 20);
        double far = Math.Pow(10, ranges.FarHazeDb.Draw(_random) / 20);
        double bang = Math.Pow(10, _random.Uniform(-16, 0) / 20);
        double decay = _random.Uniform(1.2, 3.5);
        float[] modulation = AmplitudeField(7, 5, 5);
        var (real, imaginary) = (new float[_grid.Count], new float[_grid.Count]);
        FastNoise.Fill(real, _random);
        FastNoise.Fill(imaginary, _random);
        for (int range = 0; range < _grid.Ranges; range++)
        {
            double depth = _grid.DepthAt(range);
            float level = (float)(((near * Math.Exp(-depth / decay)) + (far * depth / _grid.Depth) + (bang * Math.Exp(-depth / .3))) / Math.Sqrt(2));
            for (int i = range * _grid.Beams; i < (range + 1) * _grid.Beams; i++)
            {
                real[i] *= level * modulation[i];
                imaginary[i] *= level * modulation[i];
            }
        }

        return (real, imaginary);
    }

    // The receiver's noise is constant; depth compensation lifts it in the far field.
    private float[] NoiseFloor(NuisanceRanges ranges)
    {
        double level = ranges.NoiseDb.Draw(_random);
        float[] noise = new float[_grid.Count];
        for (int range = 0; range < _grid.Ranges; range++)
        {
            double lifted = level + (14 * ((_grid.DepthAt(range) / _grid.Depth) - 1));
            noise.AsSpan(range * _grid.Beams, _grid.Beams).Fill((float)Math.Pow(10, lifted / 10));
        }

        return noise;
    }

    private (float Strength, int Start, int End) Reverberation(NuisanceRanges ranges)
    {
        bool present = _random.NextBoolean(ranges.Reverberation);
        double strength = Math.Pow(10, _random.Uniform(-24, -10) / 10);
        double start = _random.Uniform(2, 5);
        double end = start + _random.Uniform(2, 6);
        return present
            ? ((float)strength, (int)(start / _grid.RangeStep), Math.Min(_grid.Ranges, (int)(end / _grid.RangeStep)))
            : (0, 0, 0);
    }
}
