using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Phantoms;
using static EchoApex.Testing.PublicSets.ReplicaTools;

namespace EchoApex.Testing.PublicSets;

/// <summary>
/// CAMUS, half a beat in two views for every patient: the NIfTI release (CAMUS_public/database_nifti, database_split) or the older
/// MetaImage release (training, testing, patients of the testing folder without masks).
/// </summary>
/// <remarks>
/// Traps: the 2CH sequence of every second patient runs from end systole to end diastole; sizes differ by patient; patient 0's traced
/// sequence is scaled by 85; in the NIfTI release patient 1 has unpacked files, patient 2 no sequence of 4CH; one patient is damaged.
/// </remarks>
public static class CamusReplica
{
    /// <summary>Writes the NIfTI release.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="options">Count is the number of patients.</param>
    /// <param name="lists">Whether to write database_split; without it the same parts follow from the patients' numbers.</param>
    public static IReadOnlyList<ReplicaClip> WriteNifti(string folder, ReplicaOptions? options = null, bool lists = true)
    {
        options ??= new ReplicaOptions { Count = 5 };
        string root = Path.Combine(folder, "CAMUS_public");
        var clips = new List<ReplicaClip>();
        var parts = new Dictionary<DataSplit, List<string>>();
        for (int i = 0; i < options.Count; i++)
        {
            var split = Split(i);
            string patient = Text($"patient{Number(split, i):0000}");
            parts.TryAdd(split, []);
            parts[split].Add(patient);
            foreach (string chamber in new[] { "2CH", "4CH" })
            {
                var view = View.Make(options, chamber, i);
                string stem = Path.Combine(root, "database_nifti", patient, $"{patient}_{chamber}_");
                bool hasSequence = !(options.Traps && i == 2 && chamber == "4CH");
                byte scale = options.Traps && i == 0 ? (byte)85 : (byte)1;
                void Save(string what, byte[] voxels, int[] sizes)
                {
                    byte[] bytes = NiftiWriter.Encode(voxels, sizes, new() { Steps = [1, view.Phantom.Truth.Spacing.XMm, view.Phantom.Truth.Spacing.YMm, 1] });
                    bool packed = !(options.Traps && i == 1);
                    File.WriteAllBytes(InFolder($"{stem}{what}.nii{(packed ? ".gz" : "")}"), packed ? NiftiWriter.Pack(bytes) : bytes);
                }

                if (hasSequence)
                {
                    Save("half_sequence", view.Pixels(view.Frames), [view.Width, view.Height, view.Frames.Count]);
                    Save("half_sequence_gt", view.Labels(view.Frames, scale), [view.Width, view.Height, view.Frames.Count]);
                }

                Save("ED", view.Pixels([view.Diastole]), [view.Width, view.Height]);
                Save("ED_gt", view.Labels([view.Diastole], 1), [view.Width, view.Height]);
                Save("ES", view.Pixels([view.Systole]), [view.Width, view.Height]);
                Save("ES_gt", view.Labels([view.Systole], 1), [view.Width, view.Height]);
                var truth = view.Phantom.Truth;
                WriteLines(
                    Path.Combine(root, "database_nifti", patient, $"Info_{chamber}.cfg"),
                    [Text($"ED: {view.Place(view.Diastole)}"), Text($"ES: {view.Place(view.Systole)}"), Text($"NbFrame: {view.Frames.Count}"), "Sex: F", "Age: 56", "ImageQuality: Good", Text($"EF: {truth.EjectionFractionPercent:R}"), "FrameRate: 50.0"]);
                clips.Add(new ReplicaClip($"{patient}_{chamber}", split, view.Phantom, hasSequence ? view.Frames : [view.Diastole, view.Systole]));
            }
        }

        if (options.Traps)
        {
            parts[DataSplit.Train].Add("patient0399");
            File.WriteAllBytes(InFolder(Path.Combine(root, "database_nifti", "patient0399", "patient0399_2CH_half_sequence.nii.gz")), [0x1F, 0x8B, 8, 0]);
        }

        foreach (var (split, patients) in lists ? parts : [])
        {
            string word = split switch { DataSplit.Train => "training", DataSplit.Validation => "validation", _ => "testing" };
            WriteLines(Path.Combine(root, "database_split", $"subgroup_{word}.txt"), patients);
        }

        return clips;
    }

    /// <summary>Writes the MetaImage release; patients that test are in the testing folder, without masks and ejection fraction.</summary>
    public static IReadOnlyList<ReplicaClip> WriteMetaImage(string folder, ReplicaOptions? options = null)
    {
        options ??= new ReplicaOptions { Count = 5 };
        var clips = new List<ReplicaClip>();
        int tested = 0;
        for (int i = 0; i < options.Count; i++)
        {
            var split = Split(i);
            bool isTesting = split == DataSplit.Test;
            string patient = Text($"patient{(isTesting ? ++tested : Number(split, i)):0000}");
            string root = Path.Combine(folder, isTesting ? "testing" : "training", patient);
            foreach (string chamber in new[] { "2CH", "4CH" })
            {
                var view = View.Make(options, chamber, i);
                var truth = view.Phantom.Truth;
                double[] spacing = [truth.Spacing.XMm, truth.Spacing.YMm, 1];
                void Save(string what, byte[] voxels, int frames) =>
                    MetaImageWriter.Write(InFolder(Path.Combine(root, $"{patient}_{chamber}_{what}.mhd")), voxels, [view.Width, view.Height, frames], spacing, packed: i % 2 == 0);
                Save("sequence", view.Pixels(view.Frames), view.Frames.Count);
                Save("ED", view.Pixels([view.Diastole]), 1);
                Save("ES", view.Pixels([view.Systole]), 1);
                string[] config = [Text($"ED: {view.Place(view.Diastole)}"), Text($"ES: {view.Place(view.Systole)}"), Text($"NbFrame: {view.Frames.Count}"), "Sex: M", "Age: 70", "ImageQuality: Medium"];
                if (!isTesting)
                {
                    Save("ED_gt", view.Labels([view.Diastole], 1), 1);
                    Save("ES_gt", view.Labels([view.Systole], 1), 1);
                    config = [.. config, Text($"LVedv: {truth.EndDiastolicVolumeMl:R}"), Text($"LVesv: {truth.EndSystolicVolumeMl:R}"), Text($"LVef: {truth.EjectionFractionPercent:R}")];
                }

                WriteLines(Path.Combine(root, $"Info_{chamber}.cfg"), config);
                clips.Add(new ReplicaClip($"{(isTesting ? "testing-" : "")}{patient}_{chamber}", split, view.Phantom, view.Frames));
            }
        }

        return clips;
    }

    // Numbers of which the default parts are the same as the lists'.
    private static int Number(DataSplit split, int index) => index + split switch { DataSplit.Train => 1, DataSplit.Validation => 401, _ => 451 };

    private sealed record View(PhantomClip Phantom, IReadOnlyList<int> Frames, int Width)
    {
        public int Height => Phantom.Truth.Height;

        public int Diastole => Phantom.Truth.EndDiastolicFrame;

        public int Systole => Phantom.Truth.EndSystolicFrame;

        public static View Make(ReplicaOptions options, string chamber, int index)
        {
            var phantom = ReplicaTools.Phantom(options, chamber == "2CH" ? PhantomView.A2C : PhantomView.A4C, (2 * index) + (chamber == "2CH" ? 0 : 1));
            int count = phantom.Clip.FrameCount;
            int length = ((phantom.Truth.EndSystolicFrame - phantom.Truth.EndDiastolicFrame + count) % count) + 1;
            int[] frames = [.. Enumerable.Range(0, length).Select(i => (phantom.Truth.EndDiastolicFrame + i) % count)];
            if (options.Traps && chamber == "2CH" && index % 2 == 1)
            {
                Array.Reverse(frames);
            }

            return new View(phantom, frames, options.Traps ? options.ImageSize - (index % 3) : options.ImageSize);
        }

        /// <summary>A frame's place in the sequence, from 1.</summary>
        public int Place(int frame) => Frames.ToList().IndexOf(frame) + 1;

        public byte[] Pixels(IReadOnlyList<int> frames) => [.. frames.SelectMany(frame => Cut(Phantom.Clip.ReadFrame(frame)))];

        public byte[] Labels(IReadOnlyList<int> frames, byte scale) => [.. frames.SelectMany(frame => Cut(Phantom.Truth.Mask(frame).ToArray()).Select(label => (byte)(label <= 3 ? label * scale : 0)))];

        private IEnumerable<byte> Cut(byte[] square) => square.Where((_, i) => i % Phantom.Truth.Width < Width);
    }
}
