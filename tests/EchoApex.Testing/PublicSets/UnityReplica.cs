using System.Globalization;
using System.Text.Json;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources.Images;
using static EchoApex.Testing.PublicSets.ReplicaTools;

namespace EchoApex.Testing.PublicSets;

/// <summary>Unity Imaging: labels/labels-train.json, labels-tune.json, labels-all.json, pictures in png-cache; even clips PLAX, odd ones A4C.</summary>
/// <remarks>Traps: a name with "_(1)"; labels of a picture that is missing; a code that is none; a place that is no number; a byte order mark.</remarks>
public static class UnityReplica
{
    public const int UnusableFrames = 3;

    private static readonly (string Unity, string Phantom)[] LongAxis =
    [
        ("lv-ivs-top", "ivs_start"), ("lv-ivs-bottom", "ivs_end"), ("lv-pw-top", "lvpw_start"), ("lv-pw-bottom", "lvpw_end"),
    ];

    private static readonly (string Unity, string Phantom)[] Apical =
    [
        ("lv-apex-endo", "apex"), ("mv-ant-hinge", "mitral_annulus_septal"), ("mv-post-hinge", "mitral_annulus_lateral"),
    ];

    public static IReadOnlyList<ReplicaClip> Write(string folder, ReplicaOptions? options = null)
    {
        options = (options ?? new ReplicaOptions()) with { Frames = 1 };
        var files = new Dictionary<string, Dictionary<string, object>> { ["train"] = [], ["tune"] = [], ["all"] = [] };
        var clips = new List<ReplicaClip>();
        var physical = new List<string> { "FileHash,PhysicalDeltaX,PhysicalDeltaY" };
        var views = new List<string> { "file,view" };
        for (int i = 0; i < options.Count; i++)
        {
            var phantom = Phantom(options, i % 2 == 0 ? PhantomView.PLAX : PhantomView.A4C, i);
            string video = Text($"01-{i + 1:x8}{new string('a', 56)}");
            string code = Text($"{video}-{i:0000}");
            File.WriteAllBytes(InFolder(Path.Combine(folder, "png-cache", code[..2], code[3..5], code[5..7], code + ".png")), PngClipWriter.Encode(phantom.Clip.ReadFrame(0), options.ImageSize, options.ImageSize, 1));
            physical.Add(Text($"{video},{phantom.Truth.Spacing.XMm / 10:R},{-phantom.Truth.Spacing.YMm / 10:R}"));
            views.Add($"{code}.png,{phantom.Truth.View.ToString().ToLowerInvariant()}");
            clips.Add(new ReplicaClip(code, Split(i), phantom, [0]));
            string name = options.Traps && i == 1 ? $"{code}_(1).png" : $"{code}.png";
            object labels = new { labels = Labels(phantom.Truth) };
            files["all"][name] = labels;
            if (Split(i) != DataSplit.Test)
            {
                files[Split(i) == DataSplit.Train ? "train" : "tune"][name] = labels;
            }
        }

        if (options.Traps)
        {
            object point = new { labels = new Dictionary<string, object> { ["lv-apex-endo"] = new { type = "point", x = "?", y = "2" } } };
            files["train"][$"01-{new string('b', 64)}-0000.png"] = point;
            files["train"]["not-a-code.png"] = point;
            files["train"][Text($"{clips[0].Name[..67]}-0007.png")] = point;
            File.Copy(Path.Combine(folder, "png-cache", "01", "00", "00", clips[0].Name + ".png"), Path.Combine(folder, "png-cache", "01", "00", "00", clips[0].Name[..67] + "-0007.png"));
        }

        foreach (var (name, frames) in files)
        {
            byte[] mark = options.Traps && name == "tune" ? [0xEF, 0xBB, 0xBF] : [];
            File.WriteAllBytes(InFolder(Path.Combine(folder, "labels", $"labels-{name}.json")), [.. mark, .. JsonSerializer.SerializeToUtf8Bytes(frames)]);
        }

        WriteLines(Path.Combine(folder, "01_database_physical.csv"), physical);
        WriteLines(Path.Combine(folder, "view_index_20220705.csv"), views);
        return clips;
    }

    private static Dictionary<string, object> Labels(PhantomTruth truth)
    {
        var labels = new Dictionary<string, object> { ["ao-valve-top-inner"] = new { type = "off", x = "", y = "" }, ["lv-apex-epi"] = new { type = "blurred", x = "", y = "" } };
        foreach (var (unity, phantom) in truth.View == PhantomView.PLAX ? LongAxis : Apical)
        {
            if (Landmark(truth, 0, phantom) is { } point)
            {
                labels[unity] = new { type = "point", x = Number(point.X), y = Number(point.Y) };
            }
        }

        if (truth.View == PhantomView.A4C)
        {
            var corners = Corners(truth, 0, 16);
            labels["curve-lv-endo"] = new { type = "curve", x = string.Join(' ', corners.Select(corner => Number(corner.X))), y = string.Join(' ', corners.Select(corner => Number(corner.Y))) };
        }

        return labels;
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
