using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Checkpoints;

/// <summary>
/// A safetensors file opened for reading. The header is checked in full on opening: every tensor's place lies in the
/// file, none overlaps another, sizes agree with shapes. Bytes are read when asked for, straight into a tensor's memory.
/// </summary>
/// <remarks>Element types: F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, little endian.</remarks>
public sealed class SafetensorsFile : ITensorSource
{
    private readonly WeightsStream _file;

    private SafetensorsFile(WeightsStream file, SafetensorsHeader header)
    {
        _file = file;
        (Tensors, Metadata) = (header.Tensors, header.Metadata);
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The header's free text entries, such as "format" = "pt".</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long Length => _file.Length;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="CheckpointException">The file does not exist, is cut short, or is no valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = WeightsStream.Open(path);
        try
        {
            return new SafetensorsFile(file, SafetensorsHeader.Read(file));
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
            Fill(entry, result);
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
            Fill(entry, destination);
            return;
        }

        using var read = Read(name);
        TensorMemory.Convert(read, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Fill(TensorEntry entry, Tensor destination) =>
        TensorMemory.ForEachPiece(destination, (bytes, start) => _file.ReadExactly(bytes, entry.Offset + start));
}
