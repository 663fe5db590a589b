using OpenCvSharp;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// Cuts a mask back where something drawn touches it from outside, and where something bright just within the edge is no part
/// of the picture. Letters run along an edge and nick it: somewhat farther along, where the form may be off by a fraction of a
/// pixel, the outermost layer goes, too. A point has no outline of its own, and a letter that touches it may cover it: it goes
/// whole.
/// </summary>
internal sealed class SectorGuard
{
    private const double GuardShare = 1 / 190.0;
    private const double LetterShare = 0.025;
    private const float EdgeLayer = 0.9f;
    private const float DrawnDistance = 1.3f;
    private const float Beside = 6;
    private const int PointReach = 4;
    private const int StrayMargin = 8;
    private const int LeastStray = 40;

    // Where nothing is compressed, nothing is lit outside a form that is right. Compression blurs the image's own edge outwards by less than this.
    private const float ExactDistance = 0.75f;
    private const int LossyGuard = 18;

    private readonly byte[] _brightest;
    private readonly int _width, _height, _level;
    private readonly bool _isExact;

    private SectorGuard(ClipStatistics statistics, PictureBackground background) =>
        (_brightest, _width, _height, _level, _isExact) = (statistics.Brightest, statistics.Width, statistics.Height, background.Level, background.IsExact);

    /// <summary>Clears pixels of a mask; how many.</summary>
    /// <param name="mask">255 within the form.</param>
    /// <param name="outside">Distance of every pixel from the form; negative within.</param>
    /// <param name="fit">How the form was found.</param>
    /// <param name="shape">The form, as it lies in the frame.</param>
    /// <param name="statistics">What the frames hold in common.</param>
    /// <param name="picture">The picture.</param>
    public static int Apply(byte[] mask, float[] outside, SectorFit fit, SectorShape shape, ClipStatistics statistics, PictureBody picture)
    {
        var guard = new SectorGuard(statistics, picture.Background);
        int reach = Math.Max(3, (int)Math.Round(GuardShare * Math.Min(guard._width, guard._height)));
        var (alien, drawn) = guard.Aliens(mask, outside, picture.Body);
        byte[] close = guard.Dilate(alien, MorphShapes.Ellipse, reach), around = guard.Dilate(drawn, MorphShapes.Rect, (2 * reach) + 1);
        double point = LetterShare * guard._height;
        var end = fit.EndsInPoint && guard.IsPointDrawn(shape, point) ? shape.Edges[^1] : (HalfPlane?)null;
        int blanked = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] != 0 && (close[i] != 0 || (around[i] != 0 && outside[i] > -EdgeLayer) || end?.Outside(i % guard._width, i / guard._width) > -point))
            {
                mask[i] = 0;
                blanked++;
            }
        }

        return blanked;
    }

    // All that should not be there, and the part of it that is surely drawn.
    private (byte[] All, byte[] Drawn) Aliens(byte[] mask, float[] outside, byte[] body)
    {
        var (least, closest) = _isExact ? (0, ExactDistance) : (LossyGuard, DrawnDistance);
        byte[] near = Dilate(body, MorphShapes.Rect, StrayMargin);
        float deep = -Math.Max(12, Math.Min(_width, _height) / 20f);
        byte[] alien = new byte[mask.Length], drawn = new byte[mask.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            float distance = outside[i];
            if (distance > Beside || distance <= deep)
            {
                continue;
            }

            int level = _brightest[i] - _level;
            bool touches = level > least && distance > closest;
            bool strays = level > LeastStray && mask[i] != 0 && near[i] == 0;
            alien[i] = touches || strays ? (byte)255 : (byte)0;
            drawn[i] = level > LeastStray && distance > DrawnDistance ? (byte)255 : (byte)0;
        }

        return (alien, drawn);
    }

    // Whether something is drawn beside a point: in the strip along its sides, up to beyond their meeting.
    private bool IsPointDrawn(SectorShape shape, double depth)
    {
        var near = shape.Edges[^1];
        var sides = shape with { Edges = [.. shape.Edges.SkipLast(1)] };
        double end = Math.Abs(shape.ApexY!.Value - (near.C / near.B)) + PointReach;
        for (int y = 0; y < _height; y++)
        {
            double above = near.Outside(0, y);
            for (int x = 0; above > -depth && above < end && x < _width; x++)
            {
                if (_brightest[(y * _width) + x] - _level > LeastStray && sides.Outside(x, y) is > DrawnDistance and <= PointReach)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private byte[] Dilate(byte[] mask, MorphShapes shape, int reach)
    {
        using var from = Mat.FromPixelData(_height, _width, MatType.CV_8UC1, mask);
        using var kernel = Cv2.GetStructuringElement(shape, new Size((2 * reach) + 1, (2 * reach) + 1));
        using var grown = new Mat();
        Cv2.Dilate(from, grown, kernel);
        grown.GetArray(out byte[] values);
        return values;
    }
}
