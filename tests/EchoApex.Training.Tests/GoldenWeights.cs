using System.Text.Json;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests;

/// <summary>Fills modules and inputs of golden cases, and compares with their own tolerances.</summary>
internal static class GoldenWeights
{
    /// <summary>Fills every parameter of a module by the case's formula; the names in the case carry the prefix.</summary>
    public static void Fill(GoldenCase golden, nn.Module module, string prefix)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var specs = golden.Json.GetProperty("params").EnumerateArray().ToDictionary(p => p.GetProperty("name").GetString()!);
        foreach (var (name, parameter) in module.named_parameters())
        {
            var values = Tensor(specs[prefix + name]);
            Assert.That(parameter.shape, Is.EqualTo(values.shape), name);
            parameter.copy_(values);
        }
    }

    /// <summary>An input given by formula.</summary>
    public static Tensor Input(GoldenCase golden, string name) =>
        Tensor(golden.Json.GetProperty("formula_inputs").EnumerateArray().Single(p => p.GetProperty("name").GetString() == name));

    /// <summary>Compares with an array of the case by its own tolerance.</summary>
    public static double AssertClose(this GoldenCase golden, Tensor actual, string array)
    {
        var spec = golden.Json.GetProperty("arrays").EnumerateArray().Single(a => a.GetProperty("name").GetString() == array);
        using var expected = golden.ReadTensor(array + ".npy");
        return GoldenCase.AssertClose(actual, expected, spec.GetProperty("atol").GetDouble(), array);
    }

    public static JsonElement Scalars(this GoldenCase golden) => golden.Json.GetProperty("scalars");

    private static Tensor Tensor(JsonElement spec) => GoldenCase.FillTensor(
        spec.GetProperty("name").GetString()!,
        [.. spec.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
        spec.GetProperty("scale").GetDouble(),
        spec.GetProperty("offset").GetDouble());
}
