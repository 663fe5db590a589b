using EchoApex.Core.Datasets.Annotated;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Points of an apical view that place the long axis, in pixels of the mask.</summary>
/// <param name="AnnulusFirst">One hinge of the mitral annulus.</param>
/// <param name="AnnulusSecond">The other.</param>
/// <param name="Apex">The apex; null takes the mask's point farthest from the annulus' midpoint.</param>
public sealed record LvLandmarks(ImagePoint AnnulusFirst, ImagePoint AnnulusSecond, ImagePoint? Apex = null);
