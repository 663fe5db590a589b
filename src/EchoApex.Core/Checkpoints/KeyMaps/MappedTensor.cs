using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints.KeyMaps;

/// <summary>Where a network's tensor comes from.</summary>
/// <param name="Source">Its name in the file.</param>
/// <param name="Dtype">Its element type in the file.</param>
/// <param name="Shape">Its shape after <paramref name="Transform"/>.</param>
/// <param name="Transform">What is done to it.</param>
public sealed record MappedTensor(string Source, ScalarType Dtype, IReadOnlyList<long> Shape, TensorTransform Transform = TensorTransform.None);
