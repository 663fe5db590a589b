// Shape legend: B = images, S = side in pixels, h, w = patch rows and columns, N = h w, R = registers, T = 1 + R + N, D = token dimension.
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Backbones.ResNet;
using EchoApex.Core.Backbones.VisionTransformer;
using static TorchSharp.torch;

namespace EchoApex.Core.Export.Onnx;

/// <summary>An encoder as a part of a graph.</summary>
internal static class OnnxBackbone
{
    /// <summary>Name of the axis of images.</summary>
    public const string Batch = "batch";

    /// <summary>Adds an encoder to a graph.</summary>
    /// <param name="images_BCSS">The graph's normalised images.</param>
    /// <param name="backbone">The encoder, as it computes in evaluation.</param>
    /// <param name="stages">Inner stages that are wanted too, ascending.</param>
    /// <param name="quantization">How its linear layers are computed.</param>
    public static OnnxBackboneValues Emit(OnnxValue images_BCSS, IBackbone backbone, IReadOnlyList<int> stages, OnnxQuantization quantization)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var part = images_BCSS.Graph.Scope("encoder");
        switch (backbone)
        {
            case VisionTransformerBackbone transformer:
                using (var folded = FoldedTransformer.Of(transformer))
                {
                    return EmitTransformer(images_BCSS, folded, stages, quantization);
                }

            case ResNetBackbone resnet:
                using (var folded = FoldedResNet.Of(resnet))
                {
                    return EmitResNet(images_BCSS, folded, stages);
                }

            default:
                throw new ArgumentException($"An encoder of type {backbone.GetType().Name} cannot be written as ONNX: give the one of the model folder.", nameof(backbone));
        }
    }

    private static OnnxBackboneValues EmitTransformer(OnnxValue images, FoldedTransformer network, IReadOnlyList<int> stages, OnnxQuantization quantization)
    {
        var (graph, config) = (images.Graph, network.Config);
        var map = images.Conv(network.Patches);
        var (height, width) = (map.Size(2), map.Size(3));
        var (leading, positions) = network.Tokens((int)height, (int)width);
        long patches = height * width;
        var patches_BND = map.Reshape(map.Shape[0], config.EmbedDim, patches).Transpose(0, 2, 1).Add(graph.Constant(positions));
        var leading_BLD = graph.Constant(leading).Expand(images, images.Shape[0], leading.shape[1], config.EmbedDim);
        var tokens_BTD = new[] { leading_BLD, patches_BND }.Concat(1);
        var maps = new Dictionary<int, OnnxValue>();
        for (int i = 0; i < network.Blocks.Count; i++)
        {
            using var part = graph.Scope($"blocks.{i}");
            tokens_BTD = Block(tokens_BTD, network.Blocks[i], quantization);
            if (stages.Contains(i))
            {
                var normed = tokens_BTD.LayerNorm(network.FinalNorm).Slice(1, 1 + config.Registers, patches);
                maps[i] = normed.Transpose(0, 2, 1).Reshape(normed.Shape[0], config.EmbedDim, height, width);
            }
        }

        var final_BTD = tokens_BTD.LayerNorm(network.FinalNorm);
        return new OnnxBackboneValues
        {
            Cls = final_BTD.Select(1, 0),
            Patches = final_BTD.Slice(1, 1 + config.Registers, patches),
            Registers = config.Registers > 0 ? final_BTD.Slice(1, 1, config.Registers) : null,
            GridHeight = (int)height,
            GridWidth = (int)width,
            Stages = maps,
        };
    }

    private static OnnxValue Block(OnnxValue x_BTD, FoldedBlock block, OnnxQuantization quantization)
    {
        var branch = Attention(x_BTD.LayerNorm(block.Norm1), block, quantization);
        branch = block.AfterAttention is { } afterAttention ? branch.Add(Adapter(branch, afterAttention)) : branch;
        var middle = x_BTD.Add(branch);
        var mlp = middle.LayerNorm(block.Norm2).Linear(block.Expand, quantization).Gelu().Linear(block.Contract, quantization);
        if (block.Mlp is not { } adapter)
        {
            return middle.Add(mlp);
        }

        return block.IsParallel ? middle.Add(mlp).Add(Adapter(middle, adapter)) : middle.Add(mlp.Add(Adapter(mlp, adapter)));
    }

    private static OnnxValue Attention(OnnxValue x_BTD, FoldedBlock block, OnnxQuantization quantization)
    {
        long dimension = x_BTD.Size(2);
        var joint = x_BTD.Linear(block.Qkv, quantization);
        OnnxValue Part(int index) => joint.Slice(2, index * dimension, dimension).ToHeads(block.Heads);
        return OnnxLayers.Attend(Part(0), Part(1), Part(2)).Linear(block.Projection, quantization);
    }

    private static OnnxValue Adapter(OnnxValue x, FoldedAdapter adapter)
    {
        var input = adapter is { NormalizesInput: true, Norm: { } before } ? x.LayerNorm(before) : x;
        var output = input.Linear(adapter.Down).Relu().Linear(adapter.Up);
        return adapter is { NormalizesInput: false, Norm: { } after } ? output.LayerNorm(after) : output;
    }

    private static OnnxBackboneValues EmitResNet(OnnxValue images, FoldedResNet network, IReadOnlyList<int> stages)
    {
        var map = images.Conv(network.Stem).Relu().MaxPool(3, 2, 1);
        var maps = new Dictionary<int, OnnxValue>();
        for (int stage = 0; stage < network.Stages.Count; stage++)
        {
            for (int i = 0; i < network.Stages[stage].Count; i++)
            {
                using var part = images.Graph.Scope($"layer{stage + 1}.{i}");
                map = Block(map, network.Stages[stage][i]);
            }

            if (stages.Contains(stage))
            {
                maps[stage] = map;
            }
        }

        var (channels, height, width) = (map.Size(1), map.Size(2), map.Size(3));
        return new OnnxBackboneValues
        {
            Cls = map.ReduceMean([2, 3]),
            Patches = map.Reshape(map.Shape[0], channels, height * width).Transpose(0, 2, 1),
            GridHeight = (int)height,
            GridWidth = (int)width,
            Stages = maps,
        };
    }

    private static OnnxValue Block(OnnxValue x, FoldedResidualBlock block)
    {
        var inner = x.Conv(block.Layers[0]).Relu().Conv(block.Layers[1]).Relu().Conv(block.Layers[2]);
        var output = inner.Add(block.Shortcut is { } shortcut ? x.Conv(shortcut) : x).Relu();
        return block.Adapter.Count == 0 ? output : output.Add(output.Conv(block.Adapter[0]).Relu().Conv(block.Adapter[1]).Relu().Conv(block.Adapter[2]));
    }
}
