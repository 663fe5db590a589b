using System.Buffers.Binary;
using System.Numerics;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>
/// The form that torch.save wrote before PyTorch 1.6: five pickles (magic number, protocol, machine, object, storage keys),
/// then each storage as its number of elements and its bytes. Source: pytorch, torch/serialization.py, _legacy_load.
/// </summary>
internal sealed class LegacyFile : IStorageSource
{
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);
    private readonly WeightsStream _file;
    private readonly Dictionary<string, (long Offset, long Length)> _places = new(StringComparer.Ordinal);

    private LegacyFile(WeightsStream file) => _file = file;

    /// <summary>The object that was saved.</summary>
    public object? Root { get; private set; }

    /// <exception cref="PickleException">A pickle is damaged or calls a function.</exception>
    public static LegacyFile Open(WeightsStream file)
    {
        using var stream = new BufferedStream(file.Section(0, file.Length), 1 << 16);
        var input = new PickleInput(stream);
        object? magic = PickleMachine.Read(input);
        if (magic is not BigInteger number || number != Magic)
        {
            throw new CheckpointException(file.Path, "is a pickle, but not one that torch.save wrote. Save the state dict with torch.save or as safetensors.");
        }

        if (PickleMachine.Read(input) is not 1001L)
        {
            throw new CheckpointException(file.Path, "has an unknown version of the torch.save format. Save it again with a current PyTorch, or as safetensors.");
        }

        if (PickleMachine.Read(input) is PickleDict machine && machine.Items.Any(item => item is { Key: "little_endian", Value: false }))
        {
            throw new CheckpointException(file.Path, "was written on a big-endian machine, which is not supported. Save it as safetensors there.");
        }

        Dictionary<string, PickleStorage> storages = new(StringComparer.Ordinal);
        var result = new LegacyFile(file) { Root = PickleMachine.Read(input, storage => storages.TryAdd(storage.Key, storage)) };
        if (PickleMachine.Read(input) is not List<object?> keys)
        {
            throw new PickleException("lacks the list of storages");
        }

        result.Locate(keys, storages, stream.Position);
        return result;
    }

    public StoragePlace Find(string key) => _places.TryGetValue(key, out var place)
        ? new StoragePlace(place.Offset, place.Length, (start, destination) => _file.ReadExactly(destination, place.Offset + start))
        : throw new CheckpointException(_file.Path, $"lacks the storage '{Listing.Name(key)}' that its pickle names. Fetch the file again.");

    private void Locate(List<object?> keys, Dictionary<string, PickleStorage> storages, long position)
    {
        Span<byte> count = stackalloc byte[8];
        foreach (object? item in keys)
        {
            string key = item as string ?? throw new PickleException("has a storage key that is not text");
            if (!storages.TryGetValue(key, out var storage) || _places.ContainsKey(key))
            {
                throw new PickleException($"lists the storage '{Listing.Name(key)}' twice or without a use");
            }

            if (!TensorSize.TryByteLength([storage.Total], SafetensorsDtype.Size(storage.Dtype), out long bytes) || position > _file.Length - 8 || bytes > _file.Length - 8 - position)
            {
                throw new CheckpointException(_file.Path, $"ends before the storage '{Listing.Name(key)}' of {bytes} bytes. The file is cut short: fetch it again.");
            }

            _file.ReadExactly(count, position);
            if (BinaryPrimitives.ReadInt64LittleEndian(count) != storage.Total)
            {
                throw new CheckpointException(_file.Path, $"holds {BinaryPrimitives.ReadInt64LittleEndian(count)} elements of the storage '{Listing.Name(key)}', expected {storage.Total}. Fetch the file again.");
            }

            _places[key] = (position + 8, bytes);
            position += 8 + bytes;
        }
    }
}
