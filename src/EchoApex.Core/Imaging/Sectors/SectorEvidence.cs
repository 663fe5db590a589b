namespace EchoApex.Core.Imaging.Sectors;

/// <summary>What speaks for a fitted form; shares are 0..1.</summary>
public sealed record SectorEvidence
{
    /// <summary>Share of the left side's outline that lies on its straight edges.</summary>
    public double LeftSupport { get; init; }

    /// <summary>Share of the right side's outline that lies on its straight edges.</summary>
    public double RightSupport { get; init; }

    /// <summary>Share of the far end's outline that lies on its arc or flat end.</summary>
    public double FarSupport { get; init; }

    /// <summary>Share of the near end's outline that lies on its arc or flat end; 1 where the sides meet.</summary>
    public double NearSupport { get; init; }

    /// <summary>Share of the picture that lies outside the form.</summary>
    public double Leak { get; init; }

    /// <summary>Share of the form that is ever lit.</summary>
    public double Fill { get; init; }

    /// <summary>Share of a band just within the edges that is ever lit.</summary>
    public double EdgeLit { get; init; }

    /// <summary>Share of a band just outside the edges that always stays dark.</summary>
    public double RimDark { get; init; }

    /// <summary>Share of the frame that the form takes.</summary>
    public double Area { get; init; }

    /// <summary>Share of the form that was blanked because something drawn touches its edge.</summary>
    public double Guarded { get; init; }

    /// <summary>Share of the form that moves.</summary>
    public double Motion { get; init; }

    /// <summary>Area outside the form that is faintly lit, too dark to take part in the fit, against the form's.</summary>
    public double Faint { get; init; }

    /// <summary>The longest run of rows that are lit beyond both sides, as of a bar across the image, against the frame's height.</summary>
    public double Crossed { get; init; }
}
