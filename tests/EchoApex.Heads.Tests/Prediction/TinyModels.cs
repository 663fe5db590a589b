using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Prediction;

/// <summary>Folders of untrained models of the four tasks, tiny enough to be made in a second.</summary>
internal static class TinyModels
{
    public static readonly string[] Structures = ["left_ventricle", "left_atrium"];

    public static readonly string[] Views = ["A2C", "A4C", "PLAX"];

    /// <summary>Writes the models named, one folder each.</summary>
    public static void Write(string folder, params string[] tasks)
    {
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
        var preprocessing = new Preprocessing { ImageSize = 32, Normalization = Normalization.Image };
        using (var encoder = BackboneFactory.Create(config, new RandomStream(1)))
        {
            ModelFolder.Save(Path.Combine(folder, ".encoder"), encoder, preprocessing, new ModelInfo { Name = "tiny" });
        }

        foreach (string task in tasks)
        {
            using var model = ModelFolder.Load(Path.Combine(folder, ".encoder"));
            var (head, options, labels) = Head(task, model.Backbone);
            using (head)
            {
                TaskModelFolder.Save(Path.Combine(folder, task), model.Backbone, model, null, head, new TaskModelInfo
                {
                    Task = task, Name = $"tiny {task}", Labels = labels, Options = options, Preprocessing = preprocessing, Encoder = new EncoderReference("", ""),
                    Training = new Dictionary<string, string> { ["data"] = "none <b>untrained</b>" },
                });
            }
        }

        Directory.Delete(Path.Combine(folder, ".encoder"), recursive: true);
    }

    private static (nn.Module Head, System.Text.Json.JsonElement Options, IReadOnlyList<string> Labels) Head(string task, IBackbone encoder)
    {
        switch (task)
        {
            case "view":
                var view = new ViewClassificationOptions { FramesPerClip = 3 };
                return (new ViewClassificationHead(encoder.FeatureDimension, Views.Length, view.MeanPatch, RandomStream.For(2, "view")), TaskModelFolder.WriteOptions(view), Views);
            case "segment":
                var segment = new SegmentationTaskOptions { Head = new SegmentationOptions { EmbedDim = 32, Heads = 2, MlpDim = 48, IouHeadHiddenDim = 32 } };
                return (new SegmentationHead(segment.Head, encoder.FeatureDimension, Structures, RandomStream.For(3, "segment")), TaskModelFolder.WriteOptions(segment), Structures);
            case "measure":
                var measure = new MeasurementOptions { Head = new MeasurementHeadOptions { Width = 16, StemWidth = 16 } };
                return (new MeasurementHead(encoder.Config, encoder.StageCount, measure.Head, RandomStream.For(4, "measure")), TaskModelFolder.WriteOptions(measure), measure.Head.Landmarks);
            default:
                var ef = new EjectionFractionOptions { Head = new EjectionFractionHeadOptions { Width = 24 }, Windows = new FrameWindowOptions { Frames = 4, DurationMs = 300 } };
                return (new EjectionFractionHead(encoder.FeatureDimension, ef.Head, RandomStream.For(5, "ef")), TaskModelFolder.WriteOptions(ef), []);
        }
    }
}
