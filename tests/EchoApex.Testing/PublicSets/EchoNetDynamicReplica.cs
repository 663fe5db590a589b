using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources.Video;
using static EchoApex.Testing.PublicSets.ReplicaTools;

namespace EchoApex.Testing.PublicSets;

/// <summary>EchoNet-Dynamic: EchoNet-Dynamic/FileList.csv, VolumeTracings.csv, Videos/.</summary>
/// <remarks>
/// Traps: clip 0 has the suffix in FileList.csv; clip 1 has wrong sizes there; every second clip's larger frame comes first; clip 2 has no
/// tracings, clip 3 of one frame only; four rows cannot be used (EF, number of fields, split, no video) and one chord is damaged (clip 4).
/// </remarks>
public static class EchoNetDynamicReplica
{
    public const int UnusableRows = 4;

    public static IReadOnlyList<ReplicaClip> Write(string folder, ReplicaOptions? options = null)
    {
        options ??= new ReplicaOptions();
        string root = Path.Combine(folder, "EchoNet-Dynamic");
        var list = new List<string> { "FileName,EF,ESV,EDV,FrameHeight,FrameWidth,FPS,NumberOfFrames,Split" };
        var tracings = new List<string> { "FileName,X1,Y1,X2,Y2,Frame" };
        var clips = new List<ReplicaClip>();
        for (int i = 0; i < options.Count; i++)
        {
            var phantom = Phantom(options, PhantomView.A4C, i);
            string name = Text($"0X{0x1A2B3C4D5E6F7081 + (ulong)i:X16}");
            AviClipWriter.Write(InFolder(Path.Combine(root, "Videos", name + ".avi")), phantom.Clip);
            clips.Add(new ReplicaClip(name, Split(i), phantom, AllFrames(phantom)));
            list.Add(Row(options, phantom.Truth, name, i));
            tracings.AddRange(Tracings(options, phantom.Truth, name, i));
        }

        if (options.Traps)
        {
            list.Add($"{clips[0].Name},abc,20,60,112,112,50,100,TRAIN");
            list.Add($"{clips[0].Name},55,20,60");
            list.Add($"{clips[0].Name},55,20,60,112,112,50,100,OTHER");
            list.Add("0XMISSING,55,20,60,112,112,50,100,TRAIN");
        }

        WriteLines(Path.Combine(root, "FileList.csv"), list);
        WriteLines(Path.Combine(root, "VolumeTracings.csv"), tracings);
        return clips;
    }

    private static string Row(ReplicaOptions options, PhantomTruth truth, string name, int index)
    {
        string suffix = options.Traps && index == 0 ? ".avi" : "";
        string size = options.Traps && index == 1 ? "768,1024" : Text($"{options.ImageSize},{options.ImageSize}");
        return Text($"{name}{suffix},{truth.EjectionFractionPercent:R},{truth.EndSystolicVolumeMl:R},{truth.EndDiastolicVolumeMl:R},{size},50,{options.Frames},{Word(Split(index)).ToUpperInvariant()}");
    }

    private static IEnumerable<string> Tracings(ReplicaOptions options, PhantomTruth truth, string name, int index)
    {
        if (options.Traps && index == 2)
        {
            yield break;
        }

        int[] frames = index % 2 == 0 ? [truth.EndDiastolicFrame, truth.EndSystolicFrame] : [truth.EndSystolicFrame, truth.EndDiastolicFrame];
        foreach (int frame in options.Traps && index == 3 ? frames.Take(1) : frames)
        {
            int row = 0;
            foreach (var (a, b) in Chords(truth, frame))
            {
                string x = options.Traps && index == 4 && row++ == 5 && frame == truth.EndSystolicFrame ? "?" : Text($"{a.X:R}");
                yield return Text($"{name}.avi,{x},{a.Y:R},{b.X:R},{b.Y:R},{frame}");
            }
        }
    }
}
