// Shape legend: G, L = global and local crops a sample, B = samples, S, s = side of a global and a local crop.
using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// The views of a batch in plain memory, crop-major: all samples' first global crop, then all samples' second, and so on.
/// Filled by loader threads; tensors are made from it by the training thread alone. Each kind of view is one contiguous array
/// that the garbage collector does not move, so that a driver may pin it.
/// </summary>
public sealed class MultiCropBatch
{
    private readonly MultiCropOptions _options;
    private readonly float[] _globals;
    private readonly float[] _locals;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="options">The views.</param>
    /// <param name="size">Samples B.</param>
    public MultiCropBatch(MultiCropOptions options, int size)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        _options = options;
        Size = size;
        Draws = new SampleDraw[size];
        _globals = Allocate(options.Global, size);
        _locals = Allocate(options.Local, size);
    }

    /// <summary>Samples B.</summary>
    public int Size { get; }

    /// <summary>Which samples the batch holds.</summary>
    public SampleDraw[] Draws { get; }

    /// <summary>Memory of one global view, S x S values.</summary>
    public Span<float> GlobalView(int crop, int slot) => View(_globals, _options.Global, crop, slot);

    /// <summary>Memory of one local view, s x s values.</summary>
    public Span<float> LocalView(int crop, int slot) => View(_locals, _options.Local, crop, slot);

    /// <summary>The global views as network input, [G * B, 3, S, S], crop-major.</summary>
    public Tensor GlobalsToTensor(Device? device = null) => ToTensor(_globals, _options.Global, device);

    /// <summary>The local views as network input, [L * B, 3, s, s], crop-major; null without local views.</summary>
    public Tensor? LocalsToTensor(Device? device = null) => _options.Local.Count == 0 ? null : ToTensor(_locals, _options.Local, device);

    private Tensor ToTensor(float[] values, CropOptions kind, Device? device)
    {
        using var scope = NewDisposeScope();
        var gray_B1HW = empty([(long)kind.Count * Size, 1, kind.Size, kind.Size], float32);
        values.AsSpan().CopyTo(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(gray_B1HW.bytes));
        if (device is not null)
        {
            gray_B1HW = gray_B1HW.to(device);
        }

        var rgb_BCHW = _options.Normalization == Normalization.Image
            ? gray_B1HW.expand(-1, 3, -1, -1).contiguous()
            : (gray_B1HW - Channels(_options.Mean, gray_B1HW.device)) / Channels(_options.Std, gray_B1HW.device);
        return rgb_BCHW.MoveToOuterDisposeScope();
    }

    private static float[] Allocate(CropOptions kind, int size) =>
        GC.AllocateArray<float>(checked(kind.Count * size * kind.Size * kind.Size), pinned: true);

    private static Tensor Channels(IReadOnlyList<double> values, Device device) =>
        tensor(values.Select(v => (float)v).ToArray()).view(1, 3, 1, 1).to(device);

    private Span<float> View(float[] values, CropOptions kind, int crop, int slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(crop);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(crop, kind.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, Size);
        int length = kind.Size * kind.Size;
        return values.AsSpan(((crop * Size) + slot) * length, length);
    }
}
