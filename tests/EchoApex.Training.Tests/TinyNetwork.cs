using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests;

/// <summary>The smallest student and teacher that have all the parts.</summary>
internal static class TinyNetwork
{
    public static readonly BackboneConfig Vit = new()
    {
        Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 2, MaskToken = true,
    };

    public static SelfDistillationNetwork Create(ulong seed, int prototypes = 16, bool batchNorm = false) => new(
        BackboneFactory.Create(Vit, new RandomStream(seed)),
        new ProjectionHead(
            new ProjectionHeadOptions { InputDim = 24, HiddenDim = 32, BottleneckDim = 16, Prototypes = prototypes, BatchNorm = batchNorm },
            new RandomStream(seed + 1)));

    public static StudentTeacherPair Pair(bool batchNorm = false) => new(Create(1, batchNorm: batchNorm), Create(5, batchNorm: batchNorm));

    /// <summary>By parameter the largest |student - teacher|.</summary>
    public static Dictionary<string, double> Differences(StudentTeacherPair pair)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var teacher = pair.Teacher.NamedParameters().ToDictionary(p => p.Name, p => p.Parameter);
        return pair.Student.NamedParameters().ToDictionary(p => p.Name, p => (double)(p.Parameter - teacher[p.Name]).abs().max().item<float>());
    }

    public static double LargestDifference(StudentTeacherPair pair) => Differences(pair).Values.Max();
}
