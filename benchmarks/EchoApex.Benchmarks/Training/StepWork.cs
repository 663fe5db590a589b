using EchoApex.Core.Layers;
using EchoApex.Training.Loop;

namespace EchoApex.Benchmarks.Training;

/// <summary>Operations of the matrix products of a DINOv2 step; nothing else is counted.</summary>
internal static class StepWork
{
    // A product costs 2 operations an element pair; its two gradients cost the same again each.
    private const double Forward = 2;
    private const double ForwardAndBackward = 6;

    public static double Of(PretrainingOptions options, int batch)
    {
        var config = options.Backbone.ToConfig(options.Stage, forTeacher: false);
        int globals = 2 * batch;
        int locals = options.Augmentation.Local.Count * batch;
        double Encoder(int images, int side, double factor, double kept)
        {
            double patches = Math.Pow(side / config.PatchSize, 2);
            double tokens = images * (patches + 1 + config.Registers);
            double perToken = config.Depth * ((4.0 + (2 * config.MlpRatio)) * config.EmbedDim * config.EmbedDim);
            double attention = config.Depth * 2.0 * images * Math.Pow(tokens / images, 2) * config.EmbedDim;
            double embedding = images * patches * 3 * config.PatchSize * config.PatchSize * config.EmbedDim;
            return factor * ((kept * ((tokens * perToken) + attention)) + embedding);
        }

        double Kept(int images) => options.Backbone.DropPathRate > 0 ? (double)DropPath.Kept(images, options.Backbone.DropPathRate) / images : 1;
        double head = ((double)config.EmbedDim * options.Head.HiddenDim) + ((double)options.Head.HiddenDim * options.Head.HiddenDim)
            + ((double)options.Head.HiddenDim * options.Head.BottleneckDim) + ((double)options.Head.BottleneckDim * options.Head.Prototypes);
        double masked = globals * options.Ibot.Masks.MaskedShare * (options.Ibot.Masks.MinimumRatio + options.Ibot.Masks.MaximumRatio) / 2 * Math.Pow(options.Augmentation.Global.Size / config.PatchSize, 2);
        return Encoder(globals, options.Augmentation.Global.Size, Forward, 1)
            + Encoder(globals, options.Augmentation.Global.Size, ForwardAndBackward, Kept(globals))
            + Encoder(locals, options.Augmentation.Local.Size, ForwardAndBackward, Kept(locals))
            + (head * ((Forward * (globals + masked)) + (ForwardAndBackward * (globals + locals + masked))));
    }
}
