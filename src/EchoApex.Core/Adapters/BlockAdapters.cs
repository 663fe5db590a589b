using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Adapters;

/// <summary>What is added to one transformer block: any of the four may be absent.</summary>
internal sealed class BlockAdapters : nn.Module
{
    /// <param name="dimension">Token dimension.</param>
    /// <param name="bottleneck">Width of bottlenecks; not used by LoRA.</param>
    /// <param name="options">The kind and its settings.</param>
    /// <param name="random">Draws weights and dropout.</param>
    public BlockAdapters(int dimension, int bottleneck, AdapterOptions options, RandomStream random)
        : base(nameof(BlockAdapters))
    {
        switch (options.Kind)
        {
            case AdapterKind.AdaptFormer:
                Mlp = new BottleneckAdapter(dimension, bottleneck, options, random);
                IsParallel = true;
                break;
            case AdapterKind.Houlsby:
                AfterAttention = new BottleneckAdapter(dimension, bottleneck, options, random);
                Mlp = new BottleneckAdapter(dimension, bottleneck, options, random);
                break;
            case AdapterKind.Lora:
                Attention = new LoraUpdates(dimension, options, random);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.Kind, "Not an adapter of transformer blocks.");
        }

        RegisterComponents();
    }

    /// <summary>After the attention branch.</summary>
    [field: ComponentName(Name = "adaptattn")]
    public BottleneckAdapter? AfterAttention { get; }

    /// <summary>Beside the MLP branch or after it.</summary>
    [field: ComponentName(Name = "adaptmlp")]
    public BottleneckAdapter? Mlp { get; }

    /// <summary>Whether <see cref="Mlp"/> sits beside its branch.</summary>
    public bool IsParallel { get; }

    /// <summary>Inside attention.</summary>
    [field: ComponentName(Name = "lora")]
    public LoraUpdates? Attention { get; }
}
