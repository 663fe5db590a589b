using System.Text.Json;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones.VisionTransformer;

/// <summary>The ViT agrees with the reference implementation in every array of every case named vit_* and dinov1_vit_*.</summary>
[NoTensorLeaks]
public sealed class VisionTransformerGoldenTests
{
    private static IEnumerable<string> Cases(string pattern) =>
        Directory.EnumerateDirectories(Repository.Golden, pattern).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    private static IEnumerable<string> TinyCases() => Cases("vit_tiny_*");

    private static IEnumerable<string> FullCases() => Cases("vit_*").Where(name => !name.StartsWith("vit_tiny", StringComparison.Ordinal));

    [TestCaseSource(nameof(TinyCases))]
    public void Extract_TinyVitInAllSizesWithMasksAndGradients_EqualsReference(string name)
    {
        var golden = new GoldenComparison(name);
        using var scope = NewDisposeScope();
        using var backbone = Build(golden);
        backbone.eval();
        var order = golden.Case.Json.GetProperty("scalars").GetProperty("state_dict_order").EnumerateArray().Select(key => key.GetString());
        Assert.That(backbone.state_dict().Keys, Is.EqualTo(order), "state dict order");

        foreach (string size in golden.InputNames.Where(input => input.StartsWith("img.", StringComparison.Ordinal)).Select(input => input[4..]))
        {
            CompareSize(golden, backbone, size);
        }

        CompareIntermediate(golden, backbone, "h70w42");
        CompareGradients(golden, backbone);
        golden.AssertComplete();
    }

    [TestCaseSource(nameof(FullCases))]
    public void Extract_FullSizeVit_EqualsReference(string name)
    {
        var golden = new GoldenComparison(name);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = Build(golden);
        backbone.eval();
        Assert.That(backbone.parameters().Sum(parameter => parameter.numel()), Is.EqualTo(golden.Case.Json.GetProperty("scalars").GetProperty("n_params").GetInt64()));

        using var features = backbone.Extract(golden.Input("img"));
        golden.Compare("x_norm_clstoken", features.Cls);
        golden.Compare("x_norm_patchtokens_first8", features.Patches.narrow(1, 0, 8));
        golden.CompareSummary("x_norm_patchtokens", features.Patches);
        golden.CompareSummary("x_prenorm", features.Prenorm!);
        if (golden.Has("x_norm_regtokens"))
        {
            golden.Compare("x_norm_regtokens", features.Registers!);
        }

        golden.AssertComplete();
    }

    [TestCaseSource(nameof(V1Cases))]
    public void Extract_FirstVersion_EqualsReference(string name)
    {
        var golden = new GoldenComparison(name);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = Build(golden);
        backbone.eval();
        foreach (string input in golden.InputNames)
        {
            string size = input["v1img.".Length..];
            var images = golden.Input(input);
            using var features = backbone.Extract(images);
            golden.Compare(size + ".cls", features.Cls);
            if (golden.Has(size + ".last_attn"))
            {
                golden.Compare(size + ".last_attn", backbone.LastSelfAttention(images));
            }

            if (golden.Has(size + ".inter_last2_0"))
            {
                var stages = backbone.ExtractIntermediate(images, [backbone.StageCount - 2, backbone.StageCount - 1]);
                for (int i = 0; i < 2; i++)
                {
                    using var stage = stages[i];
                    golden.Compare($"{size}.inter_last2_{i}", cat([stage.Cls!.unsqueeze(1), stage.Map.flatten(2).transpose(1, 2)], 1));
                }
            }
        }

        golden.AssertComplete();
    }

    private static IEnumerable<string> V1Cases() => Cases("dinov1_vit_*");

    private static void CompareSize(GoldenComparison golden, VisionTransformerBackbone backbone, string size)
    {
        var images = golden.Input("img." + size);
        using var features = backbone.Extract(images);
        golden.Compare(size + ".x_norm_clstoken", features.Cls);
        golden.Compare(size + ".x_norm_patchtokens", features.Patches);
        golden.Compare(size + ".pos_interp", backbone.Positions(features.GridHeight, features.GridWidth));
        Assert.That((features.GridHeight, features.GridWidth), Is.EqualTo(((int)images.shape[2] / backbone.PatchSize, (int)images.shape[3] / backbone.PatchSize)));
        if (golden.Has(size + ".x_norm_regtokens"))
        {
            golden.Compare(size + ".x_norm_regtokens", features.Registers!);
        }

        if (golden.Has(size + ".x_prenorm"))
        {
            golden.Compare(size + ".x_prenorm", features.Prenorm!);
        }

        if (golden.Has("mask." + size))
        {
            using var masked = backbone.Extract(images, golden.Masks("mask." + size));
            golden.Compare(size + ".masked.x_norm_clstoken", masked.Cls);
            golden.Compare(size + ".masked.x_norm_patchtokens", masked.Patches);
        }
    }

    private static void CompareIntermediate(GoldenComparison golden, VisionTransformerBackbone backbone, string size)
    {
        var images = golden.Input("img." + size);
        foreach (var stage in backbone.ExtractIntermediate(images, [0, 2]))
        {
            using (stage)
            {
                golden.Compare($"{size}.inter{stage.Index}.patch_reshaped_normed", stage.Map);
                golden.Compare($"{size}.inter{stage.Index}.cls_normed", stage.Cls!);
            }
        }

        using var unnormed = backbone.ExtractIntermediate(images, [1], applyFinalNorm: false)[0];
        golden.Compare(size + ".inter1.patch_unnormed", unnormed.Map.flatten(2).transpose(1, 2));
    }

    private static void CompareGradients(GoldenComparison golden, VisionTransformerBackbone backbone)
    {
        using var features = backbone.Extract(golden.Input("img.native"), golden.Masks("mask.native"));
        var loss = (features.Cls * golden.Input("coef.cls")).sum() + (features.Patches * golden.Input("coef.patch")).sum();
        if (features.Registers is not null)
        {
            loss = loss + (features.Registers * golden.Input("coef.reg")).sum();
        }

        golden.Compare("grad.loss", loss);
        loss.backward();
        foreach (var (name, parameter) in backbone.named_parameters())
        {
            using var gradient = parameter.grad;
            Assert.That(gradient is not null, $"{name} has a gradient");
            if (golden.Has("grad." + name))
            {
                golden.Compare("grad." + name, gradient!);
            }
        }
    }

    private static VisionTransformerBackbone Build(GoldenComparison golden)
    {
        var config = golden.Config;
        var shapes = golden.Case.Json.GetProperty("params").EnumerateArray()
            .ToDictionary(p => p.GetProperty("name").GetString()!, p => p.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToArray());
        int embedDim = shapes["cls_token"][2];
        int registers = shapes.TryGetValue("register_tokens", out var tokens) ? tokens[1] : 0;
        var backbone = (VisionTransformerBackbone)BackboneFactory.Create(new BackboneConfig
        {
            Family = "vit",
            Architecture = golden.Case.Json.GetProperty("name").GetString()!,
            ImageSize = config.GetProperty("img_size").GetInt32(),
            PatchSize = config.GetProperty("patch_size").GetInt32(),
            EmbedDim = embedDim,
            Depth = shapes.Keys.Count(key => key.EndsWith(".norm1.weight", StringComparison.Ordinal)),
            Heads = config.TryGetProperty("num_heads", out var heads) ? heads.GetInt32() : embedDim / 64,
            Registers = registers,
            LayerScale = shapes.ContainsKey("blocks.0.ls1.gamma") ? 1e-5 : null,
            MaskToken = shapes.ContainsKey("mask_token"),
            InterpolateOffset = Optional(config, "interpolate_offset")?.GetDouble() ?? (registers > 0 ? 0 : 0.1),
            InterpolateAntialias = Optional(config, "interpolate_antialias")?.GetBoolean() ?? registers > 0,
        });
        golden.FillWeights(backbone);
        return backbone;
    }

    private static JsonElement? Optional(JsonElement config, string name) => config.TryGetProperty(name, out var value) ? value : null;
}
