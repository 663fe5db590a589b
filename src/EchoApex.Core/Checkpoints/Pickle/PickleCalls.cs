using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>
/// The functions that a checkpoint of tensors and plain containers calls, carried out on data. Any other call is an error
/// that names it. Source: pytorch, torch/_utils.py and torch/serialization.py (meaning of the arguments).
/// </summary>
internal static class PickleCalls
{
    // A view may show elements several times (torch's expand); larger ones than this are taken for an attack.
    private const long MaxExpandedBytes = 64 << 20;

    public static object? Call(PickleGlobal function, object?[] arguments) => function.FullName switch
    {
        "collections.OrderedDict" or "collections.defaultdict" or "builtins.dict" => Dictionary(arguments),
        "builtins.set" or "builtins.frozenset" or "builtins.list" or "__builtin__.set" or "__builtin__.frozenset" or "__builtin__.list" => Sequence(arguments),
        "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" => Tensor(arguments, null),
        "torch._utils._rebuild_tensor_v3" => Tensor(arguments, Dtype(arguments.ElementAtOrDefault(6))),
        "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" =>
            arguments is [PickleTensor data, ..] ? data : throw Malformed(function),
        "torch._tensor._rebuild_from_type" or "torch._tensor._rebuild_from_type_v2" =>
            arguments is [PickleGlobal { Module: "torch._utils" } inner, _, object?[] given, ..] ? Call(inner, given) : throw Malformed(function),
        "torch.Size" => arguments is [object?[] sizes] ? sizes : throw Malformed(function),
        "torch.device" or "torch.Generator" or "argparse.Namespace" or "numpy.dtype" or "numpy.core.multiarray._reconstruct" or "numpy._core.multiarray._reconstruct"
            or "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar"
            or "pathlib.PosixPath" or "pathlib.WindowsPath" or "pathlib.PurePosixPath" or "pathlib.Path" or "pathlib._local.PosixPath"
            or "datetime.datetime" or "datetime.timedelta" or "_codecs.encode" => new PickleOpaque(function.FullName),
        "copy_reg._reconstructor" or "copyreg._reconstructor" => arguments is [PickleGlobal type, ..] ? New(type) : throw Malformed(function),
        _ => throw new PickleException(
            $"calls the function '{Listing.Name(function.FullName)}', which tensors do not need. Nothing was executed. "
            + "Do not use the file unless you know who made it; a file of weights alone (a state dict, or .safetensors) calls nothing of the kind"),
    };

    /// <summary>An object of a class. Only its contents could matter, and only containers have them: no constructor runs.</summary>
    public static object New(PickleGlobal type) => type.FullName switch
    {
        "collections.OrderedDict" or "collections.defaultdict" or "builtins.dict" => new PickleDict(),
        "builtins.list" or "builtins.set" => new List<object?>(),
        _ => new PickleOpaque(type.FullName),
    };

    /// <summary>The storage that a persistent id names: ("storage", type, key, location, elements[, view]).</summary>
    public static PickleStorage Storage(object? id)
    {
        var parts = id as IReadOnlyList<object?> ?? [];
        if (parts.Count < 5 || parts[0] is not string kind || kind != "storage" || parts[1] is not PickleGlobal type || parts[2] is not (string or long) || parts[4] is not long elements || elements < 0)
        {
            throw new PickleException("names a storage in a way that is not torch.save's");
        }

        string key = Convert.ToString(parts[2], System.Globalization.CultureInfo.InvariantCulture)!;
        var whole = new PickleStorage(key, StorageDtype(type), elements, 0, elements);
        return parts.ElementAtOrDefault(5) switch
        {
            null => whole,
            object?[] view when view is [_, long start, long size] && start >= 0 && size >= 0 && start <= elements - size => whole with { Start = start, Elements = size },
            _ => throw new PickleException($"has a view of the storage '{Listing.Name(key)}' that lies outside it"),
        };
    }

    private static ScalarType StorageDtype(PickleGlobal type) => type.Name switch
    {
        "DoubleStorage" => ScalarType.Float64,
        "FloatStorage" => ScalarType.Float32,
        "HalfStorage" => ScalarType.Float16,
        "BFloat16Storage" => ScalarType.BFloat16,
        "LongStorage" => ScalarType.Int64,
        "IntStorage" => ScalarType.Int32,
        "ShortStorage" => ScalarType.Int16,
        "CharStorage" => ScalarType.Int8,
        "ByteStorage" or "UntypedStorage" => ScalarType.Byte,
        "BoolStorage" => ScalarType.Bool,
        _ => throw new PickleException($"stores elements as '{Listing.Name(type.FullName)}', which EchoApex does not read; convert them with tensor.float() and save again"),
    };

    private static ScalarType Dtype(object? dtype) => (dtype as PickleGlobal)?.FullName switch
    {
        "torch.float64" => ScalarType.Float64,
        "torch.float32" => ScalarType.Float32,
        "torch.float16" => ScalarType.Float16,
        "torch.bfloat16" => ScalarType.BFloat16,
        "torch.int64" => ScalarType.Int64,
        "torch.int32" => ScalarType.Int32,
        "torch.int16" => ScalarType.Int16,
        "torch.int8" => ScalarType.Int8,
        "torch.uint8" => ScalarType.Byte,
        "torch.bool" => ScalarType.Bool,
        _ => throw new PickleException($"has a tensor of type '{(dtype as PickleGlobal)?.FullName}', which EchoApex does not read; convert it with tensor.float() and save again"),
    };

    private static PickleTensor Tensor(object?[] arguments, ScalarType? given)
    {
        if (arguments is not [PickleStorage storage, long offset, object?[] sizes, object?[] steps, ..] || offset < 0 || sizes.Length != steps.Length || sizes.Length > TensorSize.MaxDimensions)
        {
            throw new PickleException("rebuilds a tensor from arguments that do not fit");
        }

        long[] shape = Numbers(sizes), strides = Numbers(steps);
        var dtype = given ?? storage.Dtype;
        int size = SafetensorsDtype.Size(dtype);
        long storageBytes = Product(storage.Elements, SafetensorsDtype.Size(storage.Dtype));
        Int128 span = Span(shape, strides);
        if (!TensorSize.TryByteLength(shape, size, out long bytes) || (offset + span) * size > storageBytes)
        {
            throw new PickleException($"has a tensor of shape {TensorEntry.Describe(shape)}, strides {TensorEntry.Describe(strides)} and offset {offset} that leaves its storage of {storageBytes} bytes");
        }

        if (bytes > storageBytes && bytes > MaxExpandedBytes)
        {
            throw new PickleException($"has a tensor of shape {TensorEntry.Describe(shape)}, {bytes} bytes, over a storage of {storageBytes} bytes");
        }

        long first = Product(storage.Start, SafetensorsDtype.Size(storage.Dtype)) + (offset * size);
        return new PickleTensor(storage, dtype, first, shape, strides, (long)span);
    }

    // Elements from the first to the last that a view touches; 0 when it is empty.
    private static Int128 Span(long[] shape, long[] strides)
    {
        Int128 span = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0)
            {
                return 0;
            }

            span += (Int128)(shape[i] - 1) * strides[i];
        }

        return span;
    }

    private static long Product(long elements, int size) =>
        elements <= long.MaxValue / 16 ? elements * size : throw new PickleException($"declares a storage of {elements} elements");

    private static long[] Numbers(object?[] values) =>
        [.. values.Select(value => value is long number and >= 0 ? number : throw new PickleException("has a tensor size or stride that is not a whole number"))];

    // Python 2 wrote the pairs of an OrderedDict as its argument; a defaultdict's argument is its factory.
    private static PickleDict Dictionary(object?[] arguments) => new(arguments is [List<object?> pairs] ? pairs : null);

    private static object Sequence(object?[] arguments) => arguments is [List<object?> or object?[]] ? arguments[0]! : new List<object?>();

    private static PickleException Malformed(PickleGlobal function) => new($"calls '{function.FullName}' with arguments that do not fit");
}
