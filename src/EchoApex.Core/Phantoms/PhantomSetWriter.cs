using System.Globalization;
using System.Text;
using EchoApex.Core.Arrays;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Sources.Video;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// Writes a set of phantoms as a folder, whole or not at all: <c>dicom/NAME.dcm</c>, <c>avi/NAME.avi</c>,
/// <c>truth/NAME/truth.json</c>, <c>truth/NAME/masks.npy</c> (frames x height x width bytes of <see cref="PhantomLabel"/>)
/// and <c>manifest.csv</c> with a row a clip. Equal options give equal bytes.
/// </summary>
public static class PhantomSetWriter
{
    private static readonly string[] Columns =
    [
        "name", "index", "view", "split", "difficulty", "dicom", "avi", "truth", "masks", "frames", "fps", "heart_rate_bpm",
        "spacing_mm", "ef_percent", "edv_ml", "esv_ml", "ed_frame", "es_frame",
    ];

    /// <summary>Writes the set.</summary>
    /// <param name="folder">The folder to make; it must not exist, or be empty.</param>
    /// <param name="options">What to write.</param>
    /// <param name="progress">Told the number of clips written so far.</param>
    /// <param name="cancellationToken">Stops between two clips; nothing is left then.</param>
    /// <exception cref="ConfigurationException">An option is out of its range.</exception>
    /// <exception cref="EchoApexException">The folder exists and is not empty.</exception>
    public static void Write(string folder, PhantomSetOptions options, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "phantom set");
        AtomicOutput.CreateFolder(folder, temporary =>
        {
            var manifest = new StringBuilder().AppendJoin(',', Columns).Append('\n');
            for (int i = 0; i < options.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WriteClip(temporary, options, i, manifest);
                progress?.Report(i + 1);
            }

            File.WriteAllText(Path.Combine(temporary, "manifest.csv"), manifest.ToString());
        });
    }

    /// <summary>
    /// The part of a set that a clip belongs to: "train" (70 %), "val" (10 %) or "test" (20 %), from a hash of seed and index,
    /// so that it does not depend on how many clips there are.
    /// </summary>
    public static string Split(ulong seed, int index) => RandomStream.For(seed, "phantom-split", index).NextDouble() switch
    {
        < .7 => "train",
        < .8 => "val",
        _ => "test",
    };

    private static void WriteClip(string folder, PhantomSetOptions options, int index, StringBuilder manifest)
    {
        var (clip, truth) = PhantomGenerator.Generate(options.Clip, options.Seed, index);
        string name = string.Create(CultureInfo.InvariantCulture, $"{index:000000}-{truth.View}");
        string dicom = options.Dicom ? $"dicom/{name}.dcm" : string.Empty;
        string avi = options.Avi ? $"avi/{name}.avi" : string.Empty;
        string json = options.Truth ? $"truth/{name}/truth.json" : string.Empty;
        string masks = options.Truth ? $"truth/{name}/masks.npy" : string.Empty;
        WriteFile(folder, dicom, stream => DicomClipWriter.Write(stream, clip, new DicomWriteOptions
        {
            Encoding = options.DicomEncoding,
            UidSeed = string.Create(CultureInfo.InvariantCulture, $"phantom/{options.Seed}/{index}"),
            InstanceNumber = 1,
            BurnedInAnnotation = false,
            Derived = false,
        }));
        WriteFile(folder, avi, stream => AviClipWriter.Write(stream, clip));
        WriteFile(folder, json, stream => PhantomTruthWriter.Write(stream, truth, options.Seed, index));
        WriteFile(folder, masks, stream =>
        {
            NumpyFile.WriteHeader<byte>(stream, [clip.FrameCount, truth.Height, truth.Width]);
            stream.Write(truth.Masks.Span);
        });

        object[] row =
        [
            name, index, truth.View, Split(options.Seed, index), truth.Difficulty.ToString().ToLowerInvariant(), dicom, avi, json, masks,
            clip.FrameCount, clip.FramesPerSecond ?? 0, truth.HeartRateBpm, truth.Spacing.XMm, truth.EjectionFractionPercent,
            truth.EndDiastolicVolumeMl, truth.EndSystolicVolumeMl, truth.EndDiastolicFrame, truth.EndSystolicFrame,
        ];
        manifest.AppendJoin(',', row.Select(value => value is double number ? number.ToString("0.####", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture))).Append('\n');
    }

    // The folder as a whole is atomic: its files need no temporary names and no flushing of their own.
    private static void WriteFile(string folder, string relativePath, Action<FileStream> write)
    {
        if (relativePath.Length == 0)
        {
            return;
        }

        string path = Path.Combine(folder, relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        write(stream);
    }
}
