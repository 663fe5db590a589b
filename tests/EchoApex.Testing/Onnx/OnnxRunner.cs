using EchoApex.Core.Runtime;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace EchoApex.Testing.Onnx;

/// <summary>Runs an ONNX file with ONNX Runtime. Compiled into the test projects that reference it.</summary>
internal static class OnnxRunner
{
    /// <summary>Outputs by name as float32 tensors; the caller disposes them.</summary>
    public static Dictionary<string, Tensor> Run(string path, params (string Name, Tensor Value)[] inputs)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(path, options);
        using var results = session.Run([.. inputs.Select(input => NamedOnnxValue.CreateFromTensor(
            input.Name,
            new DenseTensor<float>(input.Value.contiguous().data<float>().ToArray(), [.. input.Value.shape.Select(size => (int)size)])))]);
        return results.ToDictionary(result => result.Name, result =>
        {
            var values = result.AsTensor<float>();
            return tensor(values.ToArray()).reshape([.. values.Dimensions.ToArray().Select(size => (long)size)]);
        });
    }

    /// <summary>The metadata of a file.</summary>
    public static IReadOnlyDictionary<string, string> Metadata(string path)
    {
        using var session = new InferenceSession(path);
        return session.ModelMetadata.CustomMetadataMap;
    }

    /// <summary>Largest difference over the largest value.</summary>
    public static double RelativeDifference(Tensor found, Tensor expected)
    {
        Assert.That(found.shape, Is.EqualTo(expected.shape));
        using var scope = NewDisposeScope();
        return (found - expected).abs().max().ReadDouble() / expected.abs().max().ReadDouble();
    }
}
