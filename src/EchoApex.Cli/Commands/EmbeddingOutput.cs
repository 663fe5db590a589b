using System.Globalization;
using System.Text;
using EchoApex.Core.Arrays;
using EchoApex.Core.Embedding;

namespace EchoApex.Cli.Commands;

/// <summary>
/// Where embeddings go: one .npy or .csv of cls vectors, optionally one .npy of patch tokens. Rows can be taken back, so
/// that a clip that breaks halfway leaves no trace.
/// </summary>
internal sealed class EmbeddingOutput
{
    private readonly Stream _cls;
    private readonly Stream? _patches;
    private readonly bool _csv;
    private readonly List<long> _csvRows = [];
    private NumpyRowWriter<float>? _clsWriter;
    private NumpyRowWriter<float>? _patchWriter;
    private int _dimension, _patchCount;

    public EmbeddingOutput(Stream cls, bool csv, Stream? patches)
    {
        (_cls, _csv, _patches) = (cls, csv, patches);
    }

    /// <summary>Rows written so far.</summary>
    public long Count { get; private set; }

    /// <summary>"[N, D]" or "[N, P, D]" of what was written.</summary>
    public string Describe(bool patches) => patches ? $"[{Count}, {_patchCount}, {_dimension}]" : $"[{Count}, {_dimension}]";

    public void Append(EmbeddingBatch batch)
    {
        if (_dimension == 0)
        {
            Start(batch);
        }

        if (_csv)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                _csvRows.Add(_cls.Position);
                WriteCsvRow(batch.Cls.Span.Slice(i * batch.Dimension, batch.Dimension));
            }
        }
        else
        {
            _clsWriter!.Append(batch.Cls.Span);
        }

        _patchWriter?.Append(batch.Patches.Span);
        Count += batch.Count;
    }

    /// <summary>Takes back all rows from a number on.</summary>
    public void Truncate(long count)
    {
        if (count >= Count)
        {
            return;
        }

        if (_csv)
        {
            _cls.SetLength(_csvRows[(int)count]);
            _cls.Position = _csvRows[(int)count];
            _csvRows.RemoveRange((int)count, _csvRows.Count - (int)count);
        }

        _clsWriter?.Truncate(count);
        _patchWriter?.Truncate(count);
        Count = count;
    }

    public void Complete()
    {
        _clsWriter?.Complete();
        _patchWriter?.Complete();
    }

    private void Start(EmbeddingBatch batch)
    {
        (_dimension, _patchCount) = (batch.Dimension, batch.GridHeight * batch.GridWidth);
        if (_csv)
        {
            _cls.Write(Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Range(0, _dimension).Select(i => $"e{i}")) + "\n"));
        }
        else
        {
            _clsWriter = new NumpyRowWriter<float>(_cls, [_dimension]);
        }

        _patchWriter = _patches is null ? null : new NumpyRowWriter<float>(_patches, [_patchCount, _dimension]);
    }

    // The shortest text that reads back as the same float.
    private void WriteCsvRow(ReadOnlySpan<float> values)
    {
        Span<byte> text = stackalloc byte[32];
        for (int i = 0; i < values.Length; i++)
        {
            values[i].TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
            text[length] = (byte)(i + 1 < values.Length ? ',' : '\n');
            _cls.Write(text[..(length + 1)]);
        }
    }
}
