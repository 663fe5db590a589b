// Shape legend: B = images, C = channels, h, w = rows and columns.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;
using Epilogue = EchoApex.Core.Runtime.DnnlPacking.Epilogue;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A residual block with packed maps: bias, ReLU of the inner ones and the sum happen inside them.</summary>
/// <remarks>
/// The 1x1 convolutions are linear maps of pixels: with channels last in memory those are the same arithmetic, and oneDNN 3.7's own
/// 1x1 convolution divides by zero on some processors (AVX-512, 512 and more channels), which ends the process.
/// </remarks>
internal sealed class PackedResidualBlock : IDisposable
{
    private readonly PackedPixelMap _reduce;
    private readonly PackedConvolution _spatial;
    private readonly PackedPixelMap _expand;
    private readonly PackedPixelMap? _shortcut;
    private readonly PackedPixelMap? _adapterDown;
    private readonly PackedConvolution? _adapterSpatial;
    private readonly PackedPixelMap? _adapterUp;

    /// <summary>Packs a block; the folded one stays the caller's.</summary>
    /// <param name="block">The block.</param>
    /// <param name="side">Rows and columns of the maps to expect.</param>
    /// <param name="type">The format.</param>
    public PackedResidualBlock(FoldedResidualBlock block, long side, ScalarType type)
    {
        _reduce = new PackedPixelMap(block.Layers[0], type);
        _spatial = new PackedConvolution(block.Layers[1], side, type);
        _expand = new PackedPixelMap(block.Layers[2], type);
        _shortcut = block.Shortcut is { } shortcut ? new PackedPixelMap(shortcut, type) : null;
        OutputSide = _spatial.OutputSide;
        if (block.Adapter.Count > 0)
        {
            _adapterDown = new PackedPixelMap(block.Adapter[0], type);
            _adapterSpatial = new PackedConvolution(block.Adapter[1], OutputSide, type);
            _adapterUp = new PackedPixelMap(block.Adapter[2], type);
        }
    }

    /// <summary>Rows and columns of its results for the expected inputs.</summary>
    public long OutputSide { get; }

    /// <summary>[B, C, h, w] to [B, C', h', w'], both with channels last in memory. The input is left as it is.</summary>
    public Tensor Run(Tensor x_BChw)
    {
        using var scope = NewDisposeScope();
        using var reduced = _reduce.Apply(x_BChw, Epilogue.Relu);
        using var inner = _spatial.Apply(reduced, Epilogue.Relu);
        using var shortcut = _shortcut is null ? x_BChw.alias() : _shortcut.Apply(x_BChw, Epilogue.None);
        var output = _expand.Apply(inner, Epilogue.None).PlusInPlace(shortcut).relu_();
        if (_adapterUp is not null)
        {
            using var down = _adapterDown!.Apply(output, Epilogue.Relu);
            using var mixed = _adapterSpatial!.Apply(down, Epilogue.Relu);
            output = _adapterUp.Apply(mixed, Epilogue.None).PlusInPlace(output);
        }

        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { _reduce, _spatial, _expand, _shortcut, _adapterDown, _adapterSpatial, _adapterUp })
        {
            part?.Dispose();
        }
    }
}
