using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Phantoms;

namespace EchoApex.Testing.PublicSets;

/// <summary>A clip of a replica that can be used, and what is true of it.</summary>
/// <param name="Name">Its name in the set that is read.</param>
/// <param name="Split">Its part.</param>
/// <param name="Phantom">The phantom that it was made from.</param>
/// <param name="Frames">The phantom's frame behind each of the clip's frames.</param>
public sealed record ReplicaClip(string Name, DataSplit Split, PhantomClip Phantom, IReadOnlyList<int> Frames);
