using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>Where the heart lies under the probe, frame by frame: a rigid placement with a slow sway of hand and breath.</summary>
internal sealed class ProbePose
{
    private readonly HeartScene _scene;
    private readonly double _tilt, _x, _y, _swayX, _swayY, _swayTilt, _breath, _phaseX, _phaseY, _phaseTilt;
    private readonly double[] _tremor;

    private double _cos, _sin, _placeX, _placeY;

    public ProbePose(HeartScene scene, NuisanceRanges ranges, PolarGrid grid, int frames, RandomStream random)
    {
        _scene = scene;
        _tilt = scene.Rotation + (ranges.Tilt.Draw(random) * Math.PI / 180);
        _x = ranges.ShiftX.Draw(random);
        _y = grid.MinimumRadius + scene.Depth + ranges.ShiftY.Draw(random);
        _swayX = random.Uniform(0, .18) * ranges.Sway;
        _swayY = random.Uniform(0, .12) * ranges.Sway;
        _swayTilt = random.Uniform(0, 1.5) * Math.PI / 180 * ranges.Sway;
        _breath = random.Uniform(2.5, 5) * 1000;
        (_phaseX, _phaseY, _phaseTilt) = (random.Uniform(0, Math.Tau), random.Uniform(0, Math.Tau), random.Uniform(0, Math.Tau));
        _tremor = new double[3 * frames];
        for (int i = 0; i < _tremor.Length; i++)
        {
            _tremor[i] = random.Normal(0, .012 * ranges.Sway);
        }
    }

    /// <summary>Sets the moment.</summary>
    public void Set(int frame, double timeMs)
    {
        double turn = Math.Tau * timeMs / _breath;
        double angle = _tilt + (_swayTilt * Math.Sin(turn + _phaseTilt)) + (_tremor[3 * frame] * .15);
        (_sin, _cos) = Math.SinCos(angle);
        _placeX = _x + (_swayX * Math.Sin(turn + _phaseX)) + _tremor[(3 * frame) + 1];
        _placeY = _y + (_swayY * Math.Sin((2 * turn) + _phaseY)) + _tremor[(3 * frame) + 2];
    }

    /// <summary>From the probe's plane (cm) to the scene's.</summary>
    public void ToScene(ReadOnlySpan<float> x, ReadOnlySpan<float> z, Span<float> sceneX, Span<float> sceneY)
    {
        float cos = (float)_cos;
        float sin = (float)_sin;
        float offsetX = (float)(_scene.Pivot.X - (_placeX * _cos) - (_placeY * _sin));
        float offsetY = (float)(_scene.Pivot.Y + (_placeX * _sin) - (_placeY * _cos));
        for (int i = 0; i < x.Length; i++)
        {
            sceneX[i] = (x[i] * cos) + (z[i] * sin) + offsetX;
            sceneY[i] = (z[i] * cos) - (x[i] * sin) + offsetY;
        }
    }

    /// <summary>From the scene's plane to the probe's.</summary>
    public (double X, double Z) FromScene(double x, double y)
    {
        double dx = x - _scene.Pivot.X;
        double dy = y - _scene.Pivot.Y;
        return (_placeX + (dx * _cos) - (dy * _sin), _placeY + (dx * _sin) + (dy * _cos));
    }
}
