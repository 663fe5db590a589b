using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources.Images;
using static EchoApex.Testing.PublicSets.ReplicaTools;

namespace EchoApex.Testing.PublicSets;

/// <summary>TMED-2: five pictures a patient, approved_users_only/... and DEV479/TMED2_fold0_labeledpart.csv.</summary>
/// <remarks>Traps: rows of no part, a picture that is missing, one in two folders, a patient in two parts, a second labelled set.</remarks>
public static class Tmed2Replica
{
    /// <summary>Rows that are left out: no picture, and a picture of a patient that tests.</summary>
    public const int UnusableRows = 2;

    private static readonly (PhantomView View, string Label)[] Views =
    [
        (PhantomView.PLAX, "PLAX"), (PhantomView.PSAX, "PSAX"), (PhantomView.A4C, "A4C"), (PhantomView.A2C, "A2C"), (PhantomView.SC4C, "A4CorA2CorOther"),
    ];

    public static IReadOnlyList<ReplicaClip> Write(string folder, ReplicaOptions? options = null)
    {
        options = (options ?? new ReplicaOptions { Count = 5 }) with { Frames = 1 };
        string root = Path.Combine(folder, "approved_users_only");
        var list = new List<string> { "query_key,view_label,diagnosis_label,SourceFolder,view_classifier_split,diagnosis_classifier_split" };
        var clips = new List<ReplicaClip>();
        for (int i = 0; i < options.Count; i++)
        {
            string source = i % 2 == 0 ? "view_and_diagnosis_labeled_set/labeled/" : "view_labeled_set/labeled/";
            for (int k = 0; k < Views.Length; k++)
            {
                string key = Text($"{4860 + i}s1_{k}");
                var phantom = Phantom(options, Views[k].View, (i * Views.Length) + k);
                byte[] png = PngClipWriter.Encode(phantom.Clip.ReadFrame(0), options.ImageSize, options.ImageSize, 1);
                File.WriteAllBytes(InFolder(Path.Combine(root, source, key + ".png")), png);
                if (options.Traps && i == 0 && k == 0)
                {
                    File.WriteAllBytes(InFolder(Path.Combine(root, "unlabeled_set", "unlabeled_set", key + ".png")), png);
                }

                clips.Add(new ReplicaClip(key, Split(i), phantom, [0]));
                list.Add($"{key}.png,{Views[k].Label},no_AS,{source},{Word(Split(i))},{Word(Split(i))}");
            }
        }

        if (options.Traps)
        {
            list.Add("9999s1_0.png,PLAX,no_AS,view_labeled_set/labeled/,train,train");
            list.Add("9999s1_1.png,PLAX,no_AS,view_labeled_set/labeled/,unlabeled,unlabeled");
            string stray = Path.Combine(root, "view_labeled_set", "labeled", "4864s2_0.png");
            File.Copy(Path.Combine(root, "view_and_diagnosis_labeled_set", "labeled", "4864s1_0.png"), InFolder(stray));
            list.Add("4864s2_0.png,PLAX,no_AS,view_labeled_set/labeled/,train,train");
            WriteLines(Path.Combine(root, "DEV56", "TMED2_fold0_labeledpart.csv"), list.Take(6));
        }

        WriteLines(Path.Combine(root, "DEV479", "TMED2_fold0_labeledpart.csv"), list);
        WriteLines(Path.Combine(root, "DEV479", "TMED2_fold1_labeledpart.csv"), list.Take(11));
        return clips;
    }
}
