using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Runtime;
using Parquet;
using Parquet.Schema;

namespace EchoApex.Cli.Ingest;

/// <summary>The manifest as Parquet, the columns of manifest.csv with types: text, whole numbers, doubles; all may be null.</summary>
internal static class ManifestParquet
{
    private static readonly HashSet<string> Whole = ["frames", "width", "height", "age_years"];
    private static readonly HashSet<string> Texts = ["clip", "patient", "study", "split", "class", "view", "scanner", "sex", "study_date"];

    public static void Write(string path, IReadOnlyList<ManifestRow> rows) =>
        AtomicOutput.WriteFile(path, stream => WriteAsync(stream, rows).GetAwaiter().GetResult());

    private static async Task WriteAsync(Stream stream, IReadOnlyList<ManifestRow> rows)
    {
        DataField[] fields = [.. ManifestRow.Columns.Select(FieldOf)];
        using var content = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), content).ConfigureAwait(false))
        {
            using var group = writer.CreateRowGroup();
            for (int i = 0; i < fields.Length; i++)
            {
                await WriteColumn(group, fields[i], rows, i).ConfigureAwait(false);
            }
        }

        content.WriteTo(stream);
    }

    private static DataField FieldOf(string name) =>
        Texts.Contains(name) ? new DataField<string>(name) : Whole.Contains(name) ? new DataField<int?>(name) : new DataField<double?>(name);

    private static async Task WriteColumn(ParquetRowGroupWriter group, DataField field, IReadOnlyList<ManifestRow> rows, int column)
    {
        if (Texts.Contains(field.Name))
        {
            string?[] texts = [.. rows.Select(row => row.Fields[column] is DateOnly date ? date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) : (string?)row.Fields[column])];
            await group.WriteAsync(field, texts!).ConfigureAwait(false);
        }
        else if (Whole.Contains(field.Name))
        {
            int?[] numbers = [.. rows.Select(row => (int?)row.Fields[column])];
            await group.WriteAsync<int>(field, numbers).ConfigureAwait(false);
        }
        else
        {
            double?[] numbers = [.. rows.Select(row => (double?)row.Fields[column])];
            await group.WriteAsync<double>(field, numbers).ConfigureAwait(false);
        }
    }
}
