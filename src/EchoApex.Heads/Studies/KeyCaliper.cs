using EchoApex.Core.Datasets.Annotated;

namespace EchoApex.Heads.Studies;

/// <summary>A length in a frame.</summary>
/// <param name="Name">"ivs", "lvid", "lvpw", or "long_axis".</param>
/// <param name="From">One end.</param>
/// <param name="To">The other.</param>
/// <param name="Label">The length with its unit.</param>
public sealed record KeyCaliper(string Name, ImagePoint From, ImagePoint To, string Label);
