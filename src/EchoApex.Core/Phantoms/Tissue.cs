namespace EchoApex.Core.Phantoms;

/// <summary>What a point of a phantom consists of. The order is that of the tables in <see cref="TissueTable"/>.</summary>
internal enum Tissue : byte
{
    Outside,
    LeftVentricle,
    Myocardium,
    LeftAtrium,
    RightVentricle,
    RightAtrium,
    Aorta,
    RightVentricularWall,
    AtrialWall,
    Papillary,
    MitralLeaflet,
    TricuspidLeaflet,
    AorticWall,
    Pericardium,
    Liver,
}
