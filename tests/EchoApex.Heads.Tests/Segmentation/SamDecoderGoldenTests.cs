using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.Segmentation.Decoder;
using EchoApex.Testing;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Segmentation;

/// <summary>Prompt encoder and mask decoder agree with the reference implementation in every array of every case named sam_decoder_*.</summary>
[NoTensorLeaks]
public sealed class SamDecoderGoldenTests
{
    private static IEnumerable<string> Cases() =>
        Directory.EnumerateDirectories(Repository.Golden, "sam_decoder_*").Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Cases))]
    public void Decode_AllPromptKinds_EqualsReference(string name)
    {
        var golden = new GoldenComparison(name);
        using var scope = NewDisposeScope();
        using var decoder = new PromptedDecoder(golden.Config);
        golden.FillWeights(decoder);
        var inputs = new Inputs(golden);
        Compare(golden, "dense_pe", ChannelsFirst(decoder.Positions().unsqueeze(0)));
        foreach (string prompt in golden.Names.Where(key => key.EndsWith(".multi.iou", StringComparison.Ordinal)).Select(key => key[..^".multi.iou".Length]).ToArray())
        {
            ComparePrompt(golden, decoder, inputs, prompt);
        }

        CompareGradients(golden, decoder, inputs);
        CompareTransforms(golden);
        CompareLosses(golden);
        golden.AssertComplete();
    }

    [Test]
    public void Parameters_FullSize_AreAsManyAsTheReferences()
    {
        using var prompts = new PromptEncoder(256);
        using var decoder = new MaskDecoder(new MaskDecoderConfig());
        using var scope = NewDisposeScope();
        var expected = GoldenCase.Load("sam_decoder_small").Json.GetProperty("scalars").GetProperty("full_size_n_params");
        Assert.That(prompts.parameters().Sum(parameter => parameter.numel()), Is.EqualTo(expected.GetProperty("prompt_encoder").GetInt64()));
        Assert.That(decoder.parameters().Sum(parameter => parameter.numel()), Is.EqualTo(expected.GetProperty("mask_decoder").GetInt64()));
    }

    private static void ComparePrompt(GoldenComparison golden, PromptedDecoder decoder, Inputs inputs, string prompt)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        bool points = prompt.Contains("point", StringComparison.Ordinal);
        bool box = prompt.Contains("box", StringComparison.Ordinal);
        bool mask = prompt.Contains("mask", StringComparison.Ordinal);
        var (sparse, dense) = decoder.Encode(points ? inputs.Points : null, points ? inputs.Labels : null, box ? inputs.Boxes : null, mask ? inputs.Mask : null);
        if (golden.Has(prompt + ".sparse"))
        {
            var reference = sparse.shape[1] == 0 ? sparse.expand(golden.Shape(prompt + ".sparse")[0], -1, -1) : sparse;
            Compare(golden, prompt + ".sparse", reference);
        }

        if (golden.Has(prompt + ".dense"))
        {
            Compare(golden, prompt + ".dense", ChannelsFirst(dense.expand(-1, decoder.Rows, decoder.Columns, -1)));
        }

        var output = decoder.Decode(inputs.Image, sparse, dense);
        long masks = output.Iou.shape[1];
        Compare(golden, prompt + ".multi.iou", output.Iou.narrow(1, 1, masks - 1));
        Compare(golden, prompt + ".multi.low_res_masks", output.Masks.narrow(1, 1, masks - 1));
        Compare(golden, prompt + ".single.iou", output.Iou.narrow(1, 0, 1));
        Compare(golden, prompt + ".single.low_res_masks", output.Masks.narrow(1, 0, 1));
    }

    // A case says in words which prompt its gradients are of; every case has points, boxes and masks.
    private static void CompareGradients(GoldenComparison golden, PromptedDecoder decoder, Inputs inputs)
    {
        using var scope = NewDisposeScope();
        var (sparse, dense) = decoder.Encode(inputs.Points, inputs.Labels, inputs.Boxes, inputs.Mask);
        var output = decoder.Decode(inputs.Image, sparse, dense);
        long masks = output.Iou.shape[1];
        var loss = (output.Masks.narrow(1, 1, masks - 1) * golden.Input("sam.coef")).mean() + output.Iou.narrow(1, 1, masks - 1).sum();
        loss.backward();
        var parameters = decoder.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        foreach (string key in golden.Names.Where(key => key.StartsWith("grad.", StringComparison.Ordinal)).ToArray())
        {
            Compare(golden, key, parameters[key["grad.".Length..]].grad!);
        }
    }

    private static void CompareTransforms(GoldenComparison golden)
    {
        using var scope = NewDisposeScope();
        var scalars = golden.Case.Json.GetProperty("scalars");
        if (scalars.TryGetProperty("resize_longest_side_1024", out var resized))
        {
            foreach (var size in resized.EnumerateObject())
            {
                int[] from = [.. size.Name.Split('x').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
                var transform = new LongestSideTransform(from[0], from[1], 1024);
                Assert.That(new[] { transform.ResizedHeight, transform.ResizedWidth }, Is.EqualTo(size.Value.EnumerateArray().Select(value => value.GetInt32())), size.Name);
            }
        }

        if (scalars.TryGetProperty("apply_coords_480x640", out var places))
        {
            double[][] expected = [.. places.EnumerateArray().Select(place => place.EnumerateArray().Select(value => value.GetDouble()).ToArray())];
            var transform = new LongestSideTransform(480, 640, 1024);
            (double X, double Y)[] actual = [transform.ToInput(10, 20), transform.ToInput(639, 479)];
            Assert.That(actual.Select(place => new[] { place.X, place.Y }), Is.EqualTo(expected).Within(1e-9));
        }

        foreach (string name in golden.Names.Where(key => key.StartsWith("postprocess_in", StringComparison.Ordinal)).ToArray())
        {
            int[] sizes = Numbers(name);
            var transform = new LongestSideTransform(sizes[2], sizes[3], Math.Max(sizes[0], sizes[1]));
            Compare(golden, name, transform.ToOriginal(golden.Input("sam.lowres"), sizes[0], sizes[1]));
        }

        foreach (string name in golden.Names.Where(key => key.StartsWith("preprocess_pad", StringComparison.Ordinal)).ToArray())
        {
            var picture = golden.Input("sam.rgb");
            Compare(golden, name, new LongestSideTransform((int)picture.shape[1], (int)picture.shape[2], Numbers(name)[0]).ToSquare(picture));
        }
    }

    private static int[] Numbers(string name) => [.. Regex.Matches(name, "[0-9]+").Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture))];

    private static void CompareLosses(GoldenComparison golden)
    {
        using var scope = NewDisposeScope();
        if (!golden.Has("focal_targets"))
        {
            return;
        }

        var logits = golden.Input("sam.focal_logits");
        var targets = golden.Expected("focal_targets");
        Compare(golden, "torchvision_sigmoid_focal_a0.25_g2_mean", MaskLosses.Focal(logits, targets).mean());
        Compare(golden, "dice_detr_smooth1_per_row", MaskLosses.Dice(logits, targets));
    }

    private static void Compare(GoldenComparison golden, string name, Tensor actual)
    {
        if (golden.IsSummary(name))
        {
            golden.CompareSummary(name, actual);
        }
        else
        {
            golden.Compare(name, actual);
        }
    }

    private static Tensor ChannelsFirst(Tensor map) => map.permute(0, 3, 1, 2);

    private sealed class Inputs(GoldenComparison golden)
    {
        public Tensor Points { get; } = golden.Expected("points");

        public Tensor Labels { get; } = golden.Expected("labels");

        public Tensor Boxes { get; } = golden.Expected("boxes");

        public Tensor Image { get; } = golden.Input("sam.image_embedding").permute(0, 2, 3, 1);

        public Tensor Mask { get; } = golden.Input("sam.mask_prompt").squeeze(1);
    }

    /// <summary>Both modules under the names of the case.</summary>
    private sealed class PromptedDecoder : nn.Module
    {
        private readonly int[] _input;

        [ComponentName(Name = "pe")]
        private readonly PromptEncoder _prompts;

        [ComponentName(Name = "md")]
        private readonly MaskDecoder _decoder;

        public PromptedDecoder(JsonElement config)
            : base(nameof(PromptedDecoder))
        {
            int Number(string key) => config.GetProperty(key).GetInt32();
            int Inner(string key) => config.GetProperty("decoder").GetProperty(key).GetInt32();
            int[] Pair(string key) => [.. config.GetProperty(key).EnumerateArray().Select(value => value.GetInt32())];
            int[] grid = Pair("image_embedding_size");
            (Rows, Columns, _input) = (grid[0], grid[1], Pair("input_image_size"));
            _prompts = new PromptEncoder(Number("embed_dim"), Number("mask_in_chans"));
            _decoder = new MaskDecoder(new MaskDecoderConfig
            {
                EmbedDim = Number("embed_dim"),
                Depth = Inner("depth"),
                MlpDim = Inner("mlp_dim"),
                Heads = Inner("num_heads"),
                AttentionDownsampleRate = Inner("attention_downsample_rate"),
                MultimaskOutputs = Inner("num_multimask_outputs"),
                IouHeadDepth = Inner("iou_head_depth"),
                IouHeadHiddenDim = Inner("iou_head_hidden_dim"),
            });
            RegisterComponents();
        }

        public int Rows { get; }

        public int Columns { get; }

        public Tensor Positions() => _prompts.EncodeGrid(Rows, Columns);

        public (Tensor Sparse, Tensor Dense) Encode(Tensor? points, Tensor? labels, Tensor? boxes, Tensor? mask) =>
            (_prompts.EncodeSparse(points, labels, boxes, _input[0], _input[1]), mask is null ? _prompts.EncodeNoMask() : _prompts.EncodeMasks(mask));

        public MaskDecoderOutput Decode(Tensor image, Tensor sparse, Tensor dense) => _decoder.Decode(image, Positions(), sparse, dense);
    }
}
