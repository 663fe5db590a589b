// Shape legend: P = prompts, N = tokens of a prompt, H, W = size of a mask prompt.
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>Prompts as a <see cref="SegmentationHead"/> takes them, one entry a prompt. The owner disposes it.</summary>
public sealed class PromptTensors : IDisposable
{
    private const float Nothing = -1;
    private const float FirstStructure = 4;

    private PromptTensors(IReadOnlyList<InputPrompt> prompts, Tensor places_PN2, Tensor labels_PN, Tensor? masks_PHW) =>
        (Prompts, Places, Labels, Masks) = (prompts, places_PN2, labels_PN, masks_PHW);

    /// <summary>What the tensors were made of.</summary>
    internal IReadOnlyList<InputPrompt> Prompts { get; }

    /// <summary>float32 [P, N, 2], pixels of the network's input.</summary>
    internal Tensor Places { get; }

    /// <summary>float32 [P, N]: -1 nothing, 0 outside, 1 inside, 2 and 3 corners of a box, 4 + k structure k.</summary>
    internal Tensor Labels { get; }

    /// <summary>float32 [P, H, W] logits, or null.</summary>
    internal Tensor? Masks { get; }

    /// <summary>Makes tensors of prompts.</summary>
    /// <param name="prompts">
    /// Prompts in pixels of the network's input. As in the reference one without a box gets a token of nothing; where prompts of
    /// one call differ in length, the shorter ones get more of those.
    /// </param>
    /// <param name="masks_PHW">Logits of a mask for each prompt at the size that <see cref="SegmentationFeatures"/> says, or null; it now belongs to the result.</param>
    /// <param name="device">Where the head is.</param>
    /// <exception cref="ArgumentException">There is no prompt, or one says nothing.</exception>
    public static PromptTensors Create(IReadOnlyList<InputPrompt> prompts, Tensor? masks_PHW = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        if (prompts.Count == 0 || (masks_PHW is null && prompts.Any(prompt => prompt.IsEmpty)))
        {
            throw new ArgumentException("A prompt needs a point, a box, a structure or a mask.", nameof(prompts));
        }

        List<(float X, float Y, float Label)>[] tokens = [.. prompts.Select(Tokens)];
        int longest = tokens.Max(list => list.Count);
        float[] places = new float[prompts.Count * longest * 2];
        float[] labels = new float[prompts.Count * longest];
        Array.Fill(labels, Nothing);
        for (int p = 0; p < tokens.Length; p++)
        {
            for (int n = 0; n < tokens[p].Count; n++)
            {
                int place = (p * longest) + n;
                (places[2 * place], places[(2 * place) + 1], labels[place]) = tokens[p][n];
            }
        }

        using var flat = tensor(places, device: device);
        using var flatLabels = tensor(labels, device: device);
        return new PromptTensors([.. prompts], flat.reshape(prompts.Count, longest, 2), flatLabels.reshape(prompts.Count, longest), masks_PHW);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Places.Dispose();
        Labels.Dispose();
        Masks?.Dispose();
    }

    private static List<(float X, float Y, float Label)> Tokens(InputPrompt prompt)
    {
        List<(float X, float Y, float Label)> tokens = [.. prompt.Points.Select(point => ((float)point.X, (float)point.Y, point.Inside ? 1f : 0f))];
        if (prompt.Structure is { } structure)
        {
            tokens.Add((0, 0, FirstStructure + structure));
        }

        if (prompt.Box is { } box)
        {
            tokens.Add(((float)box.Left, (float)box.Top, 2));
            tokens.Add(((float)box.Right, (float)box.Bottom, 3));
        }
        else if (tokens.Count > 0)
        {
            tokens.Add((0, 0, Nothing));
        }

        return tokens;
    }
}
