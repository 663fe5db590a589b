using System.Text.Json;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Testing;
using EchoApex.Training.Dino;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Dinov2;

/// <summary>A recorded run of the reference, replayed by the trainer: its configuration, weights, crops, masks and permutations.</summary>
internal sealed class Dinov2GoldenRun : IDisposable
{
    private readonly GoldenCase _golden;
    private readonly ICollective _processes;
    private readonly PretrainingOptions _options;
    private readonly PretrainingSchedules _schedules;
    private int _dropPathCalls;

    public Dinov2GoldenRun(GoldenCase golden, Func<PretrainingOptions, PretrainingOptions>? change = null, ICollective? processes = null)
    {
        _golden = golden;
        _processes = processes ?? new SingleProcess();
        _options = Options(golden.Json.GetProperty("config"));
        _options = change is null ? _options : change(_options);
        _schedules = new PretrainingSchedules(_options, 1);
        Trainer = new Dinov2Trainer(_options, _schedules, _processes);
        var student = Trainer.Pair.Student;
        GoldenWeights.Fill(golden, student.Backbone.Module, "backbone.");
        GoldenWeights.Fill(golden, student.Head, "dino_head.");
        if (student.PatchHead is not null)
        {
            GoldenWeights.Fill(golden, student.PatchHead, "ibot_head.");
        }

        Trainer.Pair.CopyStudent();
        if (_options.Backbone.DropPathRate > 0)
        {
            ((VisionTransformerBackbone)student.Backbone).DropPathPermutation = Permutation;
        }
    }

    public Dinov2Trainer Trainer { get; }

    public JsonElement[] Steps => [.. _golden.Scalars().GetProperty("steps").EnumerateArray()];

    public ScheduledValues Scheduled(int step) => _schedules.At(step);

    public IReadOnlyDictionary<string, double> Step(int step)
    {
        using var scope = NewDisposeScope();
        var globals_BCHW = cat([.. Enumerable.Range(0, 2).Select(i => Crop(step, $"global{i}"))], 0);
        int count = _options.Augmentation.Local.Count;
        var locals_BCHW = count == 0 ? null : cat([.. Enumerable.Range(0, count).Select(i => Crop(step, $"local{i}"))], 0);
        using var all = Masks(step);
        long batch = globals_BCHW.shape[0] / 2 / _processes.WorldSize;
        var share = new BatchPart(batch * _processes.Rank, batch, batch * _processes.WorldSize);
        using var masks = all.Of(share);
        (globals_BCHW, locals_BCHW) = (share.Of(globals_BCHW), locals_BCHW is null ? null : share.Of(locals_BCHW));
        var result = Trainer.Step(step, globals_BCHW, locals_BCHW, masks, diagnostics: true);
        Assert.That(result.IsFinite, Is.True);
        return result.Terms;
    }

    /// <summary>All parameters under the reference's names.</summary>
    public Dictionary<string, Tensor> State()
    {
        var state = new Dictionary<string, Tensor>();
        foreach (var (prefix, network) in new[] { ("student.", Trainer.Pair.Student), ("teacher.", Trainer.Pair.Teacher) })
        {
            foreach (var (name, value) in network.StateTensors())
            {
                state[prefix + ReferenceName(name)] = value;
            }
        }

        return state;
    }

    /// <summary>The same with the centers.</summary>
    public IReadOnlyDictionary<string, Tensor> FinalState()
    {
        var state = State();
        state["dino_center"] = Trainer.Losses.Dino.Center;
        state["ibot_center"] = Trainer.Losses.Ibot.Center;
        return state;
    }

    public static string ReferenceName(string name) => name.StartsWith("head", StringComparison.Ordinal) ? "dino_" + name : name;

    public void Dispose() => Trainer.Dispose();

    private MaskBatch Masks(int step)
    {
        var array = _golden.Read<byte>($"step{step}.masks.npy");
        int patches = (int)array.Shape[1];
        bool[][] masks = [.. array.Values.Chunk(patches).Select(row => row.Select(value => value != 0).ToArray())];
        var batch = MaskBatch.FromMasks(masks, Steps[step].GetProperty("upperbound").GetInt32());
        Assert.That(batch.Indices.data<long>().ToArray(), Is.EqualTo(_golden.Read<long>($"step{step}.mask_indices.npy").Values), "mask indices");
        Assert.That(batch.Weights.data<float>().ToArray(), Is.EqualTo(_golden.Read<float>($"step{step}.masks_weight.npy").Values), "mask weights");
        return batch;
    }

    // The reference walks through both sizes block by block: attention of the global crops, of the local ones, then the MLP
    // of both. Here the global pass comes first, whole.
    private int[] Permutation(int count)
    {
        int depth = _options.Backbone.Depth!.Value;
        int call = _dropPathCalls++;
        int step = call / (4 * depth);
        int inStep = call % (4 * depth);
        int size = inStep / (2 * depth);
        int inPass = inStep % (2 * depth);
        int a = (step * 4 * depth) + (4 * (inPass / 2)) + (2 * (inPass % 2)) + size;
        return [.. Enumerable.Range(0, count).Select(i => ((3 * i) + a) % count)];
    }

    private Tensor Crop(int step, string crop) => GoldenWeights.Input(_golden, $"{_golden.Json.GetProperty("name").GetString()}.step{step}.{crop}");

    private static PretrainingOptions Options(JsonElement config)
    {
        double Number(string section, string key) => config.GetProperty(section).GetProperty(key).GetDouble();
        int Count(string section, string key) => config.GetProperty(section).GetProperty(key).GetInt32();
        bool Flag(string section, string key) => config.GetProperty(section).GetProperty(key).GetBoolean();
        HeadOptions Head(string section) => new()
        {
            HiddenDim = Count(section, "head_hidden_dim"),
            BottleneckDim = Count(section, "head_bottleneck_dim"),
            Prototypes = Count(section, "head_n_prototypes"),
            Layers = Count(section, "head_nlayers"),
            FreezeLastLayerNorm = false,
        };
        return new PretrainingOptions
        {
            Stage = PretrainingStage.Dinov2,
            Augmentation = new MultiCropOptions
            {
                Global = new CropOptions { Count = 2, Size = Count("crops", "global_crops_size") },
                Local = new CropOptions { Count = Count("crops", "local_crops_number"), Size = Count("crops", "local_crops_size") },
            },
            Backbone = new BackboneOptions
            {
                // The tiny network of the cases: width 48, three blocks, three heads, a 4 x 4 position table.
                Architecture = BackboneOptions.Custom,
                ImageSize = Count("crops", "global_crops_size"),
                PatchSize = Count("student", "patch_size"),
                EmbedDim = 48,
                Depth = 3,
                Heads = 3,
                LayerScale = Number("student", "layerscale"),
                Registers = Count("student", "num_register_tokens"),
                InterpolateOffset = Number("student", "interpolate_offset"),
                InterpolateAntialias = Flag("student", "interpolate_antialias"),
                DropPathRate = Number("student", "drop_path_rate"),
                DropPathUniform = Flag("student", "drop_path_uniform"),
            },
            Head = Head("dino"),
            Ibot = new IbotOptions { Weight = Number("ibot", "loss_weight"), SeparateHead = Flag("ibot", "separate_head"), Head = Head("ibot") },
            Targets = new TargetOptions
            {
                Kind = config.GetProperty("train").GetProperty("centering").GetString() == "centering" ? TeacherTargets.Centering : TeacherTargets.SinkhornKnopp,
                DinoWeight = Number("dino", "loss_weight"),
                KoleoWeight = Number("dino", "koleo_loss_weight"),
                WarmupTeacherTemperature = Number("teacher", "warmup_teacher_temp"),
                TeacherTemperature = Number("teacher", "teacher_temp"),
                TeacherTemperatureWarmupEpochs = Count("teacher", "warmup_teacher_temp_epochs"),
            },
            Optimization = new OptimizationOptions
            {
                BatchSize = Count("train", "batch_size_per_gpu"),
                Epochs = Count("optim", "epochs"),
                StepsPerEpoch = Count("train", "OFFICIAL_EPOCH_LENGTH"),
                LearningRate = Number("optim", "lr"),
                LearningRateRule = "constant",
                FinalLearningRate = Number("optim", "min_lr"),
                WarmupEpochs = Number("optim", "warmup_epochs"),
                WeightDecay = Number("optim", "weight_decay"),
                FinalWeightDecay = Number("optim", "weight_decay_end"),
                TeacherMomentum = Number("teacher", "momentum_teacher"),
                FinalTeacherMomentum = Number("teacher", "final_momentum_teacher"),
                ClipGradient = Number("optim", "clip_grad"),
                ClippingKind = ClippingKind.EachModule,
                FreezeLastLayerEpochs = Number("optim", "freeze_last_layer_epochs"),
                LayerDecay = Number("optim", "layerwise_decay"),
                PatchEmbedMultiplier = Number("optim", "patch_embed_lr_mult"),
            },
        };
    }
}
