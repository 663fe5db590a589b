using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex inspect</c>: what is known of a clip, or of every clip in a folder.</summary>
internal static class InspectCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter() },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create()
    {
        var path = new Argument<string>("path") { Description = "A DICOM file, video, picture, or a folder of them." };
        var json = new Option<bool>("--json") { Description = "Print JSON: one object for a file, an array for a folder." };
        var command = new Command("inspect", "Show what is known of a clip: frames, size, spacing, times, encoding, regions, sector.") { path, json };
        command.SetAction((parsed, cancellationToken) =>
            Task.FromResult(Run(parsed.GetRequiredValue(path), parsed.GetValue(json), cancellationToken)));
        return command;
    }

    private static int Run(string path, bool json, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
        {
            var facts = ClipFacts.Read(path);
            Console.WriteLine(json ? JsonSerializer.Serialize(facts, Json) : Describe(facts));
            return 0;
        }

        List<ClipFacts> all = [];
        int failed = 0;
        foreach (string clip in ClipReader.EnumerateClips(path))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var facts = ReadOrExplain(clip);
            failed += facts.Error is null ? 0 : 1;
            all.Add(facts);
            if (!json)
            {
                Console.WriteLine(Describe(facts));
                Console.WriteLine();
            }
        }

        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(all, Json));
        }
        else
        {
            Console.WriteLine($"{all.Count} clips, {failed} of them unreadable.");
        }

        return failed == 0 && all.Count > 0 ? 0 : 1;
    }

    // One unreadable file does not hide the rest of a folder.
    private static ClipFacts ReadOrExplain(string path)
    {
        try
        {
            return ClipFacts.Read(path);
        }
        catch (DataException error)
        {
            return new ClipFacts { Path = path, Error = error.Reason };
        }
    }

    private static string Describe(ClipFacts facts)
    {
        List<string> lines = [facts.Path];
        void Line(string name, string? value)
        {
            if (value is not null)
            {
                lines.Add($"  {name,-13} {value}");
            }
        }

        Line("error", facts.Error);
        if (facts.Error is null)
        {
            Line("format", string.Join(", ", new[] { facts.Format, facts.Encoding, facts.Photometric }.OfType<string>()));
            Line("frames", Text($"{facts.Frames} of {facts.Height} x {facts.Width} x {facts.Channels} (rows x columns x channels)"));
            Line("times", facts.FrameTimesMs is { Count: > 1 } times ? Text($"{times[0]:0.###} to {times[^1]:0.###} ms, {facts.FramesPerSecond:0.##} frames/s") : "unknown");
            Line("spacing", facts.Spacing is { } spacing ? Text($"{spacing.XMm:0.#####} mm wide, {spacing.YMm:0.#####} mm high") : "unknown");
            Line("heart rate", facts.HeartRateBpm is { } rate ? Text($"{rate:0.#} /min") : null);
            Line("view", facts.View);
            Line("scanner", facts.Scanner);
            foreach (var region in facts.Regions)
            {
                string size = region.Spacing is { } each ? Text($", {each.XMm:0.#####} x {each.YMm:0.#####} mm") : "";
                Line("region", Text($"{region.Kind} at ({region.X}, {region.Y}), {region.Width} x {region.Height}{size}"));
            }

            Line("sector", facts.Sector is { } sector
                ? Text($"at ({sector.X}, {sector.Y}), {sector.Width} x {sector.Height}, {sector.MaskShare:0.0 %} of the frame, by {sector.Method}, confidence {sector.Confidence:0.00}")
                : "none found");
            foreach (string note in facts.Notes)
            {
                Line("note", note);
            }
        }

        return string.Join(Environment.NewLine, lines);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
