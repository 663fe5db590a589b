// Shape legend: S = side of the square input, h x w = grid of patches, row by row.
namespace EchoApex.Heads.Interpretability;

/// <summary>What an encoder looks at in a frame. All maps lie over the network's input, from its upper left corner to its lower right.</summary>
public sealed record FrameExplanation
{
    /// <summary>The frame, from 0.</summary>
    public required int Frame { get; init; }

    /// <summary>The task of the model whose encoder was asked.</summary>
    public required string Task { get; init; }

    /// <summary>The network's input in gray, [S, S].</summary>
    public required ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>S.</summary>
    public required int Side { get; init; }

    /// <summary>h.</summary>
    public required int GridHeight { get; init; }

    /// <summary>w.</summary>
    public required int GridWidth { get; init; }

    /// <summary>How much the last block's cls token attends to each patch, one map [h, w] a head; empty for an encoder without attention.</summary>
    public required IReadOnlyList<float[]> Attention { get; init; }

    /// <summary>
    /// Attention followed through all blocks, [h, w]: mean over heads, half the residual, multiplied (Abnar and Zuidema, Quantifying Attention
    /// Flow in Transformers, 2020); null for an encoder without attention.
    /// </summary>
    public float[]? Rollout { get; init; }

    /// <summary>The first three principal components of the patch tokens as red, green and blue, [h, w, 3].</summary>
    public required byte[] Components { get; init; }

    /// <summary>Share of the patch tokens' variance that each of the three components has.</summary>
    public required IReadOnlyList<double> ComponentShares { get; init; }

    /// <summary>
    /// What is lost where a part of the picture is covered, [<see cref="OcclusionHeight"/>, <see cref="OcclusionWidth"/>]; null where it was not
    /// asked for. See <see cref="OcclusionMeaning"/>.
    /// </summary>
    public float[]? Occlusion { get; init; }

    /// <summary>Rows of <see cref="Occlusion"/>.</summary>
    public int OcclusionHeight { get; init; }

    /// <summary>Columns of <see cref="Occlusion"/>.</summary>
    public int OcclusionWidth { get; init; }

    /// <summary>What the numbers of <see cref="Occlusion"/> are: "loss of the probability of A4C", or "change of the embedding (1 - cosine)".</summary>
    public string OcclusionMeaning { get; init; } = "";
}
