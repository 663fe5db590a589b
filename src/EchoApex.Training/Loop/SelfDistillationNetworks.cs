using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Loop;

/// <summary>Builds a run's student and teacher from its options.</summary>
internal static class SelfDistillationNetworks
{
    public static StudentTeacherPair CreatePair(PretrainingOptions options) =>
        new(Create(options, forTeacher: false), Create(options, forTeacher: true));

    private static SelfDistillationNetwork Create(PretrainingOptions options, bool forTeacher)
    {
        // The teacher's weights are copied from the student's, so they need no start of their own.
        var random = forTeacher ? null : RandomStream.For(options.Seed, "initialization");
        var config = options.Backbone.ToConfig(options.Stage, forTeacher);
        var backbone = random is null ? BackboneFactory.Create(config) : UntrainedEncoder.Create(config, options.Backbone.Initialization, random);

        if (backbone is VisionTransformerBackbone vit)
        {
            vit.RecomputeActivations = options.Backbone.Recompute;
        }

        var head = CreateHead(options.Head, backbone.FeatureDimension, random);
        bool separate = options.Stage == PretrainingStage.Dinov2 && options.Ibot is { SeparateHead: true, Weight: > 0 };
        return new SelfDistillationNetwork(backbone, head, separate ? CreateHead(options.Ibot.Head, backbone.FeatureDimension, random) : null)
        {
            Precision = options.Precision,
        };
    }

    private static ProjectionHead CreateHead(HeadOptions options, int inputs, RandomStream? random) => new(
        new ProjectionHeadOptions
        {
            InputDim = inputs,
            HiddenDim = options.HiddenDim,
            BottleneckDim = options.BottleneckDim,
            Prototypes = options.Prototypes,
            Layers = options.Layers,
            BatchNorm = options.BatchNorm,
            FreezeLastLayerNorm = options.FreezeLastLayerNorm,
            InitGain = options.InitGain,
        },
        random);
}
