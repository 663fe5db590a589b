using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources.Video;
using static EchoApex.Testing.PublicSets.ReplicaTools;

namespace EchoApex.Testing.PublicSets;

/// <summary>EchoNet-Pediatric: pediatric_echo_avi/pediatric_echo_avi/A4C and PSAX, a video of each for every patient, patient i in fold i modulo 10.</summary>
/// <remarks>Traps: clip 0 has no systolic frame ("No Systolic"); one row has the fold 11; with more than nine patients the last one's PSAX is in another fold.</remarks>
public static class EchoNetPediatricReplica
{
    public const int UnusableRows = 1;

    /// <summary>Writes the set; the clips' parts are those of test fold 0.</summary>
    public static IReadOnlyList<ReplicaClip> Write(string folder, ReplicaOptions? options = null)
    {
        options ??= new ReplicaOptions();
        var clips = new List<ReplicaClip>();
        foreach (var view in new[] { PhantomView.A4C, PhantomView.PSAX })
        {
            string root = Path.Combine(folder, "pediatric_echo_avi", "pediatric_echo_avi", view.ToString());
            var list = new List<string> { "FileName,EF,Sex,Age,Weight,Height,Split" };
            var tracings = new List<string> { "FileName,X,Y,Frame" };
            for (int i = 0; i < options.Count; i++)
            {
                var phantom = Phantom(options, view, i);
                string name = Text($"CR{0xA000000 + i:x}-CR{0xB000000 + (2 * i) + (int)view:x}-{i:000000}");
                int fold = (i + (options.Traps && view == PhantomView.PSAX && i == options.Count - 1 ? 5 : 0)) % 10;
                AviClipWriter.Write(InFolder(Path.Combine(root, "Videos", name + ".avi")), phantom.Clip);
                clips.Add(new ReplicaClip($"{view}/{name}", fold switch { 0 => DataSplit.Test, 1 => DataSplit.Validation, _ => DataSplit.Train }, phantom, AllFrames(phantom)));
                list.Add(Text($"{name}.avi,{phantom.Truth.EjectionFractionPercent:R},F,7,20.5,1.2,{fold}"));
                tracings.AddRange(Tracings(options, phantom.Truth, name, i));
            }

            if (options.Traps && view == PhantomView.A4C)
            {
                list.Add($"{clips[0].Name[4..]}.avi,50,F,7,20.5,1.2,11");
            }

            WriteLines(Path.Combine(root, "FileList.csv"), list);
            WriteLines(Path.Combine(root, "VolumeTracings.csv"), tracings);
        }

        return clips;
    }

    private static IEnumerable<string> Tracings(ReplicaOptions options, PhantomTruth truth, string name, int index)
    {
        foreach (int frame in new[] { truth.EndSystolicFrame, truth.EndDiastolicFrame })
        {
            if (options.Traps && index == 0 && frame == truth.EndSystolicFrame)
            {
                yield return $"{name}.avi,,,No Systolic";
                continue;
            }

            foreach (var corner in Corners(truth, frame))
            {
                yield return Text($"{name}.avi,{corner.X:R},{corner.Y:R},{frame}");
            }
        }
    }
}
