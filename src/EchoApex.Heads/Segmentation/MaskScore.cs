namespace EchoApex.Heads.Segmentation;

/// <summary>How well a drawn mask agrees with the true one.</summary>
/// <param name="Dice">2 |A B| / (|A| + |B|): 1 where both are empty, 0 where one is.</param>
/// <param name="Iou">|A B| / |A or B|: 1 where both are empty.</param>
/// <param name="Hd95Mm">The 95th percentile of surface distances in mm: 0 where both are empty; null where one is, or without spacing.</param>
/// <param name="AverageSurfaceDistanceMm">The average surface distance in mm: 0 where both are empty; null where one is, or without spacing.</param>
/// <param name="IsOneEmpty">Whether one mask is empty and the other is not: the case counts in Dice and has no distance.</param>
public sealed record MaskScore(double Dice, double Iou, double? Hd95Mm, double? AverageSurfaceDistanceMm, bool IsOneEmpty);
