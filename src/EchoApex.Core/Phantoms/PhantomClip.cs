using EchoApex.Core.Imaging;

namespace EchoApex.Core.Phantoms;

/// <summary>A synthetic clip and what is true of it.</summary>
/// <param name="Clip">Gray frames of one sector on black.</param>
/// <param name="Truth">The ground truth.</param>
public sealed record PhantomClip(EchoClip Clip, PhantomTruth Truth);
