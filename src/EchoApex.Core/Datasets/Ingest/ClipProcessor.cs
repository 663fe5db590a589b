using System.Diagnostics;
using System.Reflection;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Sectors;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>
/// Takes one file from its bytes to an encoded clip, or to the reason why not. Nothing leaves unless the sector is sure. A pure
/// function of the file, its name, options and key; called on several threads.
/// </summary>
internal sealed class ClipProcessor(IngestOptions options, Pseudonymizer pseudonyms, string? dicomFolder)
{
    private static readonly string Version = typeof(ClipProcessor).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public ClipOutcome Process(IngestItem item, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        var audit = new ClipAudit { Key = item.Key, Decision = IngestDecision.Failed, Software = "EchoApex " + Version, Reason = item.Fault };
        try
        {
            return item.Path is null ? Outcome(audit, start) : Process(item, audit, start, cancellationToken);
        }
        catch (DataException error)
        {
            // The full text may quote the file; the audit says no more than what kind of fault it is.
            return Outcome(audit with { Reason = error.Frame is null ? "the file cannot be read as a clip" : "a frame cannot be decoded" }, start);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or EchoApexException or OutOfMemoryException or OverflowException or OpenCvSharp.OpenCVException)
        {
            return Outcome(audit with { Reason = $"the file cannot be processed ({error.GetType().Name})" }, start);
        }
        finally
        {
            if (item.IsTemporary && Path.GetDirectoryName(item.Path) is { } taken && Directory.Exists(taken))
            {
                Directory.Delete(taken, recursive: true);
            }
        }
    }

    private ClipOutcome Process(IngestItem item, ClipAudit audit, long start, CancellationToken cancellationToken)
    {
        audit = audit with { Content = ClipNames.ContentToken(pseudonyms, item.Content ?? SourceContent.Of(item.Path!)) };
        var clip = ClipReader.Open(item.Path!);
        bool isDicom = clip.Origin.Format == "DICOM";
        var header = isDicom ? DicomHeaderCleaner.Clean(item.Path!, pseudonyms, options.Keep, item.Name) : null;
        audit = Describe(audit, item, clip, header);
        using var decoded = new DecodedFrames(clip, (long)options.WorkerMegabytes << 20, cancellationToken);
        var analysis = SectorAnalyzer.Analyze(decoded.Statistics, clip.Regions);
        var kind = ClipClassifier.OfFile(clip, decoded.Statistics, analysis);
        audit = audit with
        {
            Class = kind,
            Sector = analysis.Shape,
            Crop = analysis.Crop is { } box ? [box.X, box.Y, box.Width, box.Height] : null,
            Confidence = Math.Round(analysis.Confidence, 4),
            Evidence = analysis.Evidence,
            Doubts = analysis.Doubts,
        };
        if (!IsSure(analysis) || analysis.Crop is not { } crop)
        {
            bool wanted = options.Classes.Contains(kind) || kind == ClipClass.Unknown;
            return Outcome(audit with
            {
                Decision = wanted ? IngestDecision.Quarantined : IngestDecision.Excluded,
                Reason = wanted ? "the sector is not sure: " + analysis.Doubts.DefaultIfEmpty("low confidence").First() : "class " + kind,
            }, start, decoded.DecodeTime);
        }

        var (frames, indices, repeated) = SectorFrameCutter.Cut(decoded, clip, crop, options);
        if (analysis.Shape?.Kind == SectorShapeKind.Rectangle && SweepDetector.IsSweep(frames))
        {
            kind = ClipClass.SpectralDoppler;
        }

        if (!options.Classes.Contains(kind))
        {
            return Outcome(audit with { Class = kind, Decision = IngestDecision.Excluded, Reason = "class " + kind }, start, decoded.DecodeTime);
        }

        return Store(audit with { Class = kind, RepeatedFrames = repeated }, clip, header, crop, frames, indices, start, decoded.DecodeTime);
    }

    private bool IsSure(SectorAnalysis analysis) => analysis.IsSure && analysis.Confidence >= options.LeastConfidence;

    private ClipOutcome Store(ClipAudit audit, EchoClip clip, DeidentifiedHeader? header, SectorCrop crop, SectorFrames frames, int[] indices, long start, TimeSpan decoding)
    {
        double[]? times = clip.FrameTimesMs is { } all ? [.. indices.Select(i => all[i] - all[indices[0]])] : null;
        var spacing = clip.Spacing is { } pixel ? new PixelSpacing(pixel.XMm * crop.Width / frames.Width, pixel.YMm * crop.Height / frames.Height) : null;
        var signature = DuplicateIndex.SignatureOf(frames);
        var quality = ClipScore.Of(frames);
        audit = audit with
        {
            Decision = IngestDecision.Stored,
            Reason = null,
            Frames = frames.FrameCount,
            Size = [frames.Width, frames.Height],
            Spacing = spacing,
            FrameTimeMs = MedianInterval(times),
            Quality = quality,
            Split = PatientSplit.Of(audit.Patient!, options.SplitSalt, options.ValidationShare, options.TestShare),
            Signature = [.. signature.Select(hash => hash.ToString())],
        };
        var encoded = EncodedClip.Encode(
            new ShardClip
            {
                Key = audit.Key,
                Patient = audit.Patient,
                Frames = frames,
                FrameTimesMs = times,
                Spacing = spacing,
                View = audit.View,
                Scanner = audit.Scanner,
                Attributes = Attributes(audit),
            },
            options.Shards);
        if (dicomFolder is not null)
        {
            WriteDicom(Path.Combine(dicomFolder, audit.Key + ".dcm"), audit, clip, header, crop);
        }

        return new ClipOutcome(audit, encoded, signature, Stopwatch.GetElapsedTime(start), decoding);
    }

    private void WriteDicom(string path, ClipAudit audit, EchoClip clip, DeidentifiedHeader? header, SectorCrop crop)
    {
        var clean = crop.Apply(clip);
        clean = new EchoClip(new CutFrames(clean), new ClipOrigin(audit.Key, clip.Origin.Format) { IsLossy = clip.Origin.IsLossy })
        {
            FrameTimesMs = clean.FrameTimesMs,
            Spacing = clean.Spacing,
            HeartRateBpm = clean.HeartRateBpm,
            View = audit.View,
            Scanner = audit.Scanner,
            Regions = clean.Regions,
        };
        DicomClipWriter.Write(path, clean, new DicomWriteOptions
        {
            BurnedInAnnotation = false,
            Header = header ?? new DeidentifiedHeader
            {
                Patient = audit.Patient!,
                StudyUid = pseudonyms.Uid("study of " + audit.Key),
                SeriesUid = pseudonyms.Uid("series of " + audit.Key),
                InstanceUid = pseudonyms.Uid("instance of " + audit.Key),
            },
        });
    }

    private ClipAudit Describe(ClipAudit audit, IngestItem item, EchoClip clip, DeidentifiedHeader? header)
    {
        string group = options.PatientOfFolder ? item.Group : item.Name;
        return audit with
        {
            Format = clip.Origin.Format,
            Patient = header?.Patient ?? pseudonyms.Patient("source " + group),
            Study = "s" + pseudonyms.Token("study", header?.StudyUid ?? group, 16),
            StudyDate = header?.StudyDate,
            AgeYears = header?.AgeYears,
            Sex = header?.Sex,
            Scanner = header is null ? null : $"{header.Manufacturer} {header.Model}".Trim() is { Length: > 0 } scanner ? scanner : null,
            View = clip.View is { } view && ViewCode.Find(view) is { Value: not "OTHER" } code ? code.Meaning : null,
            BurnedInAnnotation = header?.BurnedInAnnotation,
            Tags = header?.Findings,
            SourceSize = [clip.Width, clip.Height],
            SourceFrames = clip.FrameCount,
            HeartRateBpm = clip.HeartRateBpm,
        };
    }

    private static Dictionary<string, string> Attributes(ClipAudit audit)
    {
        var attributes = new Dictionary<string, string>
        {
            ["class"] = audit.Class.ToString()!,
            ["study"] = audit.Study!,
            ["split"] = audit.Split!,
            ["quality"] = audit.Quality!.Score.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture),
        };
        if (audit.HeartRateBpm is { } rate)
        {
            attributes["heart_rate_bpm"] = rate.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
        }

        return attributes;
    }

    private static double? MedianInterval(double[]? times)
    {
        if (times is not { Length: > 1 })
        {
            return null;
        }

        double[] intervals = [.. times.Zip(times.Skip(1), (a, b) => b - a).Order()];
        return Math.Round(intervals[intervals.Length / 2], 4);
    }

    private static ClipOutcome Outcome(ClipAudit audit, long start, TimeSpan decoding = default) =>
        new(audit, null, [], Stopwatch.GetElapsedTime(start), decoding);

    /// <summary>The frames of a clip without its origin, which names the file.</summary>
    private sealed class CutFrames(EchoClip clip) : IFrameStore
    {
        public int FrameCount => clip.FrameCount;

        public int Height => clip.Height;

        public int Width => clip.Width;

        public int Channels => clip.Channels;

        public void ReadFrame(int index, Span<byte> destination) => clip.ReadFrame(index, destination);
    }
}
