using EchoApex.Core.Imaging;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Reads the Sequence of Ultrasound Regions (DICOM PS3.3 C.8.5.5) and the pixel spacing that follows from it.</summary>
internal static class DicomRegions
{
    private const int Centimetres = 3;

    /// <summary>The regions that lie on the frame, clamped to it. Every one changed or left out gets a note.</summary>
    public static IReadOnlyList<UltrasoundRegion> Read(IDicomElements elements, int width, int height, List<string> notes)
    {
        List<UltrasoundRegion> regions = [];
        var items = elements.GetItems(DicomTags.SequenceOfUltrasoundRegions);
        for (int i = 0; i < items.Count; i++)
        {
            if (ReadRegion(items[i], width, height, i, notes) is { } region)
            {
                regions.Add(region);
            }
        }

        return regions;
    }

    /// <summary>The spacing of the largest tissue region, else of the largest colour region, else the Pixel Spacing element; null when there is none.</summary>
    public static PixelSpacing? Spacing(IDicomElements elements, IReadOnlyList<UltrasoundRegion> regions)
    {
        var region = regions
            .Where(candidate => candidate.Spacing is not null && candidate.Kind is RegionKind.Tissue2D or RegionKind.ColorFlow2D)
            .OrderBy(candidate => candidate.Kind == RegionKind.Tissue2D ? 0 : 1)
            .ThenByDescending(candidate => (long)candidate.Width * candidate.Height)
            .FirstOrDefault();

        // Pixel Spacing gives the distance of rows first, then that of columns.
        return region?.Spacing
            ?? (elements.GetNumbers(DicomTags.PixelSpacing) is [> 0 and var row, > 0 and var column] ? new PixelSpacing(column, row) : null);
    }

    private static UltrasoundRegion? ReadRegion(IDicomElements item, int width, int height, int index, List<string> notes)
    {
        uint[] corners = [DicomTags.RegionLocationMinX0, DicomTags.RegionLocationMinY0, DicomTags.RegionLocationMaxX1, DicomTags.RegionLocationMaxY1];
        double[] at = [.. corners.Select(tag => item.GetNumbers(tag) is [var value, ..] ? value : double.NaN)];
        string where = $"Ultrasound region {index} ({at[0]}, {at[1]}) to ({at[2]}, {at[3]})";
        if (at.Any(double.IsNaN) || at[2] < at[0] || at[3] < at[1])
        {
            notes.Add($"{where} was left out: it is no rectangle.");
            return null;
        }

        // Corners are inclusive. A region that lies half outside was made for another frame size: its calibration too.
        double left = Math.Max(0, at[0]);
        double top = Math.Max(0, at[1]);
        double right = Math.Min(width - 1, at[2]);
        double bottom = Math.Min(height - 1, at[3]);
        double inside = Math.Max(0, right - left + 1) * Math.Max(0, bottom - top + 1);
        double whole = (at[2] - at[0] + 1) * (at[3] - at[1] + 1);
        if (inside < whole / 2)
        {
            notes.Add($"{where} was left out with its calibration: most of it lies outside the frame of {width} x {height} pixels.");
            return null;
        }

        if (inside < whole)
        {
            notes.Add($"{where} was clamped to the frame of {width} x {height} pixels.");
        }

        return new UltrasoundRegion((int)left, (int)top, (int)(right - left) + 1, (int)(bottom - top) + 1, KindOf(item), SpacingOf(item));
    }

    private static RegionKind KindOf(IDicomElements item) =>
        (First(item, DicomTags.RegionSpatialFormat), First(item, DicomTags.RegionDataType)) switch
        {
            (1, 2) => RegionKind.ColorFlow2D,
            (1, 0 or 1 or null) => RegionKind.Tissue2D,
            (2, _) => RegionKind.MMode,
            (3, _) => RegionKind.SpectralDoppler,
            (4, _) => RegionKind.Waveform,
            (5, _) => RegionKind.Graphics,
            _ => RegionKind.Other,
        };

    // Deltas may be negative: the axis then runs the other way. Only centimetres on both axes make a pixel's size.
    private static PixelSpacing? SpacingOf(IDicomElements item)
    {
        double x = Math.Abs(First(item, DicomTags.PhysicalDeltaX) ?? 0) * 10;
        double y = Math.Abs(First(item, DicomTags.PhysicalDeltaY) ?? 0) * 10;
        bool lengths = First(item, DicomTags.PhysicalUnitsX) == Centimetres && First(item, DicomTags.PhysicalUnitsY) == Centimetres;
        return lengths && x > 0 && y > 0 && double.IsFinite(x) && double.IsFinite(y) ? new PixelSpacing(x, y) : null;
    }

    private static double? First(IDicomElements item, uint tag) =>
        item.GetNumbers(tag) is [var value, ..] ? value : null;
}
