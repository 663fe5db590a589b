using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources.Video;
using static EchoApex.Testing.PublicSets.ReplicaTools;

namespace EchoApex.Testing.PublicSets;

/// <summary>EchoNet-LVH: MeasurementsList.csv, Batch1/ to Batch4/.</summary>
/// <remarks>
/// Traps: calipers of odd clips run upwards; Width and Height are swapped with others'; clip 0 has a row of another calculation, clip 1 a
/// length of 0, clip 2 a length that is three times too large, clip 3 a measurement twice; one row has no video, one video is in two parts.
/// </remarks>
public static class EchoNetLvhReplica
{
    /// <summary>Rows and clips that are left out.</summary>
    public const int Unusable = 4;

    private static readonly (string Calculation, string Structure, bool Systole)[] Measurements =
    [
        ("IVSd", "ivs", false), ("LVIDd", "lvid", false), ("LVPWd", "lvpw", false), ("LVIDs", "lvid", true),
    ];

    public static IReadOnlyList<ReplicaClip> Write(string folder, ReplicaOptions? options = null)
    {
        options ??= new ReplicaOptions();
        var list = new List<string> { ",HashedFileName,Calc,CalcValue,Frame,X1,X2,Y1,Y2,Frames,FPS,Width,Height,split" };
        var clips = new List<ReplicaClip>();
        void Add(FormattableString row) => list.Add($"{list.Count - 1},{Text(row)}");
        for (int i = 0; i < options.Count; i++)
        {
            var phantom = Phantom(options, PhantomView.PLAX, i);
            string name = Text($"0X{0xBEEF000000000000 + (ulong)i:X16}");
            AviClipWriter.Write(InFolder(Path.Combine(folder, $"Batch{1 + (i % 4)}", name + ".avi")), phantom.Clip);
            clips.Add(new ReplicaClip(name, Split(i), phantom, AllFrames(phantom)));
            string rest = Text($"{options.Frames},50,{(i == 1 ? 1024 : options.ImageSize)},{options.ImageSize},{Word(Split(i))}");
            foreach (var (calculation, structure, systole) in Measurements)
            {
                int frame = systole ? phantom.Truth.EndSystolicFrame : phantom.Truth.EndDiastolicFrame;
                if (Caliper(phantom.Truth, frame, structure) is var (a, b, cm))
                {
                    var (from, to) = options.Traps && i % 2 == 1 ? (b, a) : (a, b);
                    double value = options.Traps && i == 2 && systole ? 3 * cm : cm;
                    Add($"{name},{calculation},{value:R},{frame},{from.X:R},{to.X:R},{from.Y:R},{to.Y:R},{rest}");
                    if (options.Traps && i == 3 && systole)
                    {
                        Add($"{name},{calculation},{value:R},{frame},{from.X:R},{to.X:R},{from.Y:R},{to.Y:R},{rest}");
                    }
                }
            }

            if (options.Traps && i == 0)
            {
                Add($"{name},AoRoot,3.1,0,10,20,30,40,{rest}");
            }

            if (options.Traps && i == 1)
            {
                Add($"{name},IVSs,0,0,10,20,30,40,{rest}");
            }
        }

        if (options.Traps)
        {
            Add($"0XMISSING,IVSd,1,0,10,20,30,40,10,50,112,112,train");
            Add($"0XTWICE,IVSd,1,0,10,20,30,40,10,50,112,112,train");
            Add($"0XTWICE,LVIDd,4,0,10,20,30,40,10,50,112,112,test");
        }

        WriteLines(Path.Combine(folder, "MeasurementsList.csv"), list);
        return clips;
    }

    private static (ImagePoint A, ImagePoint B, double Cm)? Caliper(PhantomTruth truth, int frame, string structure)
    {
        if (Landmark(truth, frame, structure + "_start") is not { } a || Landmark(truth, frame, structure + "_end") is not { } b)
        {
            return null;
        }

        double pixels = Math.Sqrt(((b.X - a.X) * (b.X - a.X)) + ((b.Y - a.Y) * (b.Y - a.Y)));
        return (a, b, pixels * truth.Spacing.XMm / 10);
    }
}
