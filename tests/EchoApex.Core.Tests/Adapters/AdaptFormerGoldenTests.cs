// Shape legend: B = sequences, T = tokens, D = 48.
using EchoApex.Core.Adapters;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tests.Backbones;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Adapters;

/// <summary>The adapter and the blocks around it against AdaptFormer's own code.</summary>
[NoTensorLeaks]
public sealed class AdaptFormerGoldenTests
{
    private const int Dimension = 48;
    private const int Width = 8;
    private const int Heads = 3;

    [Test]
    public void Adapter_AllKinds_EqualsTheReference()
    {
        var golden = new GoldenComparison("adaptformer");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Compare(golden, "none01", new AdapterOptions { Scale = 0.1 });
        Compare(golden, "in1", new AdapterOptions { Scale = 1, Normalization = AdapterNormalization.Before });
        Compare(golden, "out01", new AdapterOptions { Scale = 0.1, Normalization = AdapterNormalization.After });
        Compare(golden, "learn", new AdapterOptions { Scale = 1, LearnableScale = true });
        CompareBlock(golden, "block_parallel", AdapterKind.AdaptFormer);
        CompareBlock(golden, "block_sequential", AdapterKind.Houlsby);
        golden.AssertComplete();
    }

    private static void Compare(GoldenComparison golden, string name, AdapterOptions options)
    {
        using var adapter = new BottleneckAdapter(Dimension, Width, options, RandomStream.For(0, "test"));
        adapter.eval();
        foreach (var (key, value) in adapter.state_dict())
        {
            value.copy_(golden.Parameter($"{name}.{key}"));
        }

        var x_BTD = golden.Input("ad.x");
        var output_BTD = adapter.forward(x_BTD);
        golden.Compare($"{name}.nores", output_BTD);
        golden.Compare($"{name}.res_x", x_BTD + output_BTD);
        golden.Compare($"{name}.res_given", golden.Input("ad.res") + output_BTD);
    }

    // The reference has separate projections for queries, keys and values, and its sequential block an adapter after the MLP alone.
    private static void CompareBlock(GoldenComparison golden, string name, AdapterKind kind)
    {
        using var block = new TransformerBlock(Dimension, Heads, 4 * Dimension, layerScale: null, dropPathRate: 0, dropPathPerSample: false);
        using var adapters = new BlockAdapters(Dimension, Width, new AdapterOptions { Kind = kind }, RandomStream.For(0, "test"));
        block.eval();
        adapters.eval();
        foreach (var (key, value) in block.state_dict())
        {
            using var filled = key.StartsWith("attn.qkv", StringComparison.Ordinal)
                ? cat([.. "qkv".Select(part => golden.Parameter($"{name}.attn.{part}_proj{key["attn.qkv".Length..]}"))], 0)
                : golden.Parameter($"{name}.{key.Replace("mlp.", "", StringComparison.Ordinal)}");
            value.copy_(filled);
        }

        foreach (var (key, value) in adapters.state_dict().Where(entry => entry.Key.StartsWith("adaptmlp", StringComparison.Ordinal)))
        {
            value.copy_(golden.Parameter($"{name}.{key}"));
        }

        block.Adapters = adapters;
        golden.Compare($"{name}.out", block.forward(golden.Input("ad.x")));
    }
}
