namespace EchoApex.Core.Phantoms;

/// <summary>A chamber of elliptic outline with a wall around it, in cm.</summary>
internal readonly struct Ellipse
{
    private readonly float _x, _y, _inner, _innerY, _outer, _outerY;

    public Ellipse(double x, double y, double radiusX, double radiusY, double wall)
    {
        (_x, _y) = ((float)x, (float)y);
        (_inner, _innerY) = ((float)(1 / (radiusX * radiusX)), (float)(1 / (radiusY * radiusY)));
        (_outer, _outerY) = ((float)(1 / ((radiusX + wall) * (radiusX + wall))), (float)(1 / ((radiusY + wall) * (radiusY + wall))));
    }

    public bool Contains(float x, float y) => ((x - _x) * (x - _x) * _inner) + ((y - _y) * (y - _y) * _innerY) < 1;

    public bool WallContains(float x, float y) => ((x - _x) * (x - _x) * _outer) + ((y - _y) * (y - _y) * _outerY) < 1;
}
