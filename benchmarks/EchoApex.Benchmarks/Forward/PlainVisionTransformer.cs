// Shape legend: B = images, T = tokens, D = token dimension, h = heads, d = D / h.
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Benchmarks.Forward;

/// <summary>The yardstick: the same ViT written plainly on TorchSharp's own modules, one dispose scope a forward pass.</summary>
internal sealed class PlainVisionTransformer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter cls_token;
    private readonly Parameter pos_embed;
    private readonly Conv2d patch_embed;
    private readonly ModuleList<Block> blocks = [];
    private readonly LayerNorm norm;

    public PlainVisionTransformer(int dim, int depth, int heads, int patch, int imageSize)
        : base(nameof(PlainVisionTransformer))
    {
        int grid = imageSize / patch;
        cls_token = new Parameter(zeros(1, 1, dim));
        pos_embed = new Parameter(zeros(1, 1 + (grid * grid), dim));
        patch_embed = nn.Conv2d(3, dim, patch, patch);
        for (int i = 0; i < depth; i++)
        {
            blocks.Add(new Block(dim, heads));
        }

        norm = nn.LayerNorm(dim, 1e-6);
        RegisterComponents();
    }

    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = patch_embed.forward(images).flatten(2).transpose(1, 2);
        x = cat([cls_token.expand(images.shape[0], -1, -1), x], 1) + pos_embed;
        foreach (var block in blocks)
        {
            x = block.forward(x);
        }

        return norm.forward(x).MoveToOuterDisposeScope();
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly int heads;
        private readonly LayerNorm norm1;
        private readonly Linear qkv;
        private readonly Linear proj;
        private readonly Parameter gamma1;
        private readonly LayerNorm norm2;
        private readonly Linear fc1;
        private readonly Linear fc2;
        private readonly Parameter gamma2;

        public Block(int dim, int heads)
            : base(nameof(Block))
        {
            this.heads = heads;
            norm1 = nn.LayerNorm(dim, 1e-6);
            qkv = nn.Linear(dim, 3 * dim);
            proj = nn.Linear(dim, dim);
            gamma1 = new Parameter(full(dim, 1e-5f));
            norm2 = nn.LayerNorm(dim, 1e-6);
            fc1 = nn.Linear(dim, 4 * dim);
            fc2 = nn.Linear(4 * dim, dim);
            gamma2 = new Parameter(full(dim, 1e-5f));
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            x = x + (Attend(norm1.forward(x)) * gamma1);
            return x + (fc2.forward(nn.functional.gelu(fc1.forward(norm2.forward(x)))) * gamma2);
        }

        private Tensor Attend(Tensor x_BTD)
        {
            long[] shape = x_BTD.shape;
            var qkv_3BhTd = qkv.forward(x_BTD).reshape(shape[0], shape[1], 3, heads, shape[2] / heads).permute(2, 0, 3, 1, 4);
            var mixed_BhTd = nn.functional.scaled_dot_product_attention(qkv_3BhTd[0], qkv_3BhTd[1], qkv_3BhTd[2]);
            return proj.forward(mixed_BhTd.transpose(1, 2).reshape(shape));
        }
    }
}
