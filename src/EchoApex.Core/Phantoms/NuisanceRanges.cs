namespace EchoApex.Core.Phantoms;

/// <summary>The ranges that one difficulty draws from. Lengths in cm, angles in degrees, levels in dB (0 dB: a very bright wall).</summary>
internal sealed record NuisanceRanges
{
    public required Interval Tilt { get; init; }
    public required Interval Scale { get; init; }
    public required Interval ShiftX { get; init; }
    public required Interval ShiftY { get; init; }
    public required Interval HalfAngle { get; init; }
    public required Interval Depth { get; init; }
    public required Interval BloodDb { get; init; }
    public required Interval WallDb { get; init; }
    public required Interval OutsideDb { get; init; }
    public required Interval Gain { get; init; }
    public required Interval DynamicRange { get; init; }
    public required int MostShadows { get; init; }
    public required double LostEdge { get; init; }
    public required Interval NearHazeDb { get; init; }
    public required Interval FarHazeDb { get; init; }
    public required Interval NoiseDb { get; init; }

    /// <summary>Standard deviation of the smooth field that weakens and strengthens walls.</summary>
    public required double DropoutDb { get; init; }

    /// <summary>Loss of the outermost beams in dB.</summary>
    public required Interval SteeringLoss { get; init; }

    /// <summary>Where the sector stands in what its image leaves free above and below: 0 top, 1 bottom.</summary>
    public required Interval Placement { get; init; }

    /// <summary>Strength of the probe's slow sway during the clip, relative to easy.</summary>
    public required double Sway { get; init; }

    /// <summary>Chance of a reverberation copy of the near field.</summary>
    public required double Reverberation { get; init; }

    public static NuisanceRanges For(PhantomDifficulty difficulty) => difficulty switch
    {
        PhantomDifficulty.Easy => Easy,
        PhantomDifficulty.Medium => Easy with
        {
            Tilt = new(-18, 18),
            Scale = new(.78, 1.18),
            ShiftX = new(-1.4, 1.4),
            ShiftY = new(-.9, 1.2),
            Depth = new(13.5, 17.5),
            Gain = new(-8, 6),
            DropoutDb = 6,
            SteeringLoss = new(0, 6),
            Placement = new(.25, .75),
            Sway = 1.5,
            Reverberation = .3,
        },
        PhantomDifficulty.Hard => new()
        {
            Tilt = new(-17, 17),
            Scale = new(.78, 1.18),
            ShiftX = new(-1.4, 1.4),
            ShiftY = new(-1, 1.2),
            HalfAngle = new(31, 44),
            Depth = new(13.5, 17.5),
            BloodDb = new(-30, -17),
            WallDb = new(-12, -3),
            OutsideDb = new(-22, -6),
            Gain = new(-9, 9),
            DynamicRange = new(38, 65),
            MostShadows = 3,
            LostEdge = .35,
            NearHazeDb = new(-38, -14),
            FarHazeDb = new(-55, -26),
            NoiseDb = new(-52, -30),
            DropoutDb = 8.5,
            SteeringLoss = new(0, 8),
            Placement = new(0, 1),
            Sway = 2,
            Reverberation = .45,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(difficulty), difficulty, "Not a difficulty."),
    };

    private static NuisanceRanges Easy => new()
    {
        Tilt = new(-15, 15),
        Scale = new(.85, 1.15),
        ShiftX = new(-1, 1),
        ShiftY = new(-.7, .9),
        HalfAngle = new(33, 44),
        Depth = new(13.5, 16.5),
        BloodDb = new(-34, -23),
        WallDb = new(-9, -2),
        OutsideDb = new(-24, -11),
        Gain = new(-7, 5),
        DynamicRange = new(40, 60),
        MostShadows = 2,
        LostEdge = .2,
        NearHazeDb = new(-42, -20),
        FarHazeDb = new(-55, -32),
        NoiseDb = new(-58, -38),
        DropoutDb = 4.5,
        SteeringLoss = new(0, 4),
        Placement = new(.45, .55),
        Sway = 1,
        Reverberation = .15,
    };
}
