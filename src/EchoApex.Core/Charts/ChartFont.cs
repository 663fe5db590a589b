namespace EchoApex.Core.Charts;

/// <summary>The sizes of text on charts.</summary>
internal enum ChartFont
{
    /// <summary>Numbers in small cells.</summary>
    Tiny,

    /// <summary>Tick labels, legends and captions.</summary>
    Small,

    /// <summary>Axis titles.</summary>
    Normal,

    /// <summary>Title of one chart.</summary>
    Title,

    /// <summary>Title above several charts.</summary>
    Heading,
}
