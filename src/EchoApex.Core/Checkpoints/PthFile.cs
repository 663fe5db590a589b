using EchoApex.Core.Checkpoints.Pickle;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>
/// A .pth file of torch.save opened for reading: its tensors and nothing else. The pickle inside is read by a machine that
/// knows tensors and plain containers; nothing of the file is executed, and a pickle that calls any other function is an error.
/// </summary>
/// <remarks>
/// Reads the zip form (PyTorch 1.6 and later) and the older form of pickles in a row. Tensors of nested dictionaries have their
/// keys joined by a dot: {"teacher": {"backbone.cls_token": …}} gives "teacher.backbone.cls_token".
/// </remarks>
public sealed class PthFile : ITensorSource
{
    private readonly WeightsStream _file;
    private readonly IReadOnlyDictionary<string, PickleTensor> _views;
    private readonly Dictionary<string, StoragePlace> _places = new(StringComparer.Ordinal);

    private PthFile(WeightsStream file, object? root, IStorageSource storages)
    {
        _file = file;
        _views = PickleTensors.Of(root);
        Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);
        foreach (var (name, view) in _views)
        {
            tensors.Add(name, Locate(name, view, storages));
        }

        if (tensors.Count == 0)
        {
            throw new CheckpointException(file.Path, root is PickleOpaque whole
                ? $"holds a whole '{Listing.Name(whole.TypeName)}' object, not a state dict. Save its weights: torch.save(model.state_dict(), path)."
                : "holds no tensors. Save a state dict: torch.save(model.state_dict(), path).");
        }

        Tensors = tensors;
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Opens a file and finds its tensors; every one is checked to lie in the file.</summary>
    /// <exception cref="CheckpointException">The file does not exist, is damaged, or its pickle calls a function that tensors do not need (the message names it).</exception>
    public static PthFile Open(string path)
    {
        var file = WeightsStream.Open(path);
        try
        {
            return Open(file);
        }
        catch (Exception error) when (error is PickleException or EndOfStreamException or OutOfMemoryException)
        {
            file.Dispose();
            throw new CheckpointException(path, error is PickleException ? $"the pickle {error.Message}." : "the pickle ends too early. Fetch the file again.", error);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        var entry = TensorMemory.Find(this, name);
        var result = empty([.. entry.Shape], dtype: entry.Dtype);
        try
        {
            Fill(_views[name], result);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var entry = TensorMemory.Find(this, name);
        TensorMemory.RequireShape(this, name, entry, destination);
        if (entry.Dtype == destination.dtype && TensorMemory.IsPlain(destination))
        {
            Fill(_views[name], destination);
            return;
        }

        using var read = Read(name);
        TensorMemory.Convert(read, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static PthFile Open(WeightsStream file)
    {
        Span<byte> start = stackalloc byte[4];
        file.ReadExactly(start[..(int)Math.Min(4, file.Length)], 0);
        if (start.SequenceEqual("PK\x03\x04"u8))
        {
            var archive = TorchArchive.Open(file);
            using var pickle = archive.OpenPickle();
            return new PthFile(file, PickleMachine.Read(new PickleInput(pickle)), archive);
        }

        if (LooksLikeTar(file))
        {
            throw new CheckpointException(file.Path, "is in the tar form that PyTorch wrote before 0.1.10, which is not supported. Save it again with a current PyTorch, or as safetensors.");
        }

        var legacy = LegacyFile.Open(file);
        return new PthFile(file, legacy.Root, legacy);
    }

    private static bool LooksLikeTar(WeightsStream file)
    {
        if (file.Length < 512)
        {
            return false;
        }

        Span<byte> magic = stackalloc byte[5];
        file.ReadExactly(magic, 257);
        return magic.SequenceEqual("ustar"u8);
    }

    private TensorEntry Locate(string name, PickleTensor view, IStorageSource storages)
    {
        string key = view.Storage.Key;
        if (!_places.TryGetValue(key, out var place))
        {
            _places.Add(key, place = storages.Find(key));
        }

        int size = SafetensorsDtype.Size(view.Dtype);
        if (view.FirstByte + (view.SpanElements * size) > place.Length)
        {
            throw new CheckpointException(Path, $"holds {place.Length} bytes of the storage '{Listing.Name(key)}', too few for the tensor '{Listing.Name(name)}' of shape {TensorEntry.Describe(view.Shape)}. Fetch the file again.");
        }

        long bytes = view.Shape.Aggregate((long)size, (product, length) => product * length);
        return new TensorEntry(view.Dtype, view.Shape, place.Offset < 0 ? -1 : place.Offset + view.FirstByte, bytes);
    }

    private void Fill(PickleTensor view, Tensor destination)
    {
        var place = _places[view.Storage.Key];
        if (view.IsContiguous)
        {
            TensorMemory.ForEachPiece(destination, (bytes, start) => place.Read(view.FirstByte + start, bytes));
            return;
        }

        // The stretch of the storage that the view touches, then a strided look at it.
        using var stretch = empty([view.SpanElements], dtype: view.Dtype);
        TensorMemory.ForEachPiece(stretch, (bytes, start) => place.Read(view.FirstByte + start, bytes));
        using var strided = stretch.as_strided(view.Shape, view.Strides);
        TensorMemory.Convert(strided, destination);
    }
}
